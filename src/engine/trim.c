/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Giving memory back, and getting it beforehand: see trim.h. */
#include "engine/trim.h"

#include "base/macros.h"

#include <errno.h>
#include <link.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#ifndef MADV_POPULATE_READ /* 5.14 */
#define MADV_POPULATE_READ 22
#endif

/* The parts of the program that can only be read, from page to page. */
struct segments {
	struct segment {
		uintptr_t begin;
		size_t size;
	} v[4];
	size_t n;
};

/* Notes down the read-only segments of the program itself, which is the first object. */
static int find_segments(struct dl_phdr_info *info, size_t size, void *ctx)
{
	const uintptr_t page = getauxval(AT_PAGESZ);
	struct segments *all = ctx;

	(void)size;
	for (int i = 0; i < info->dlpi_phnum && all->n < ARRAY_LEN(all->v); i++) {
		const ElfW(Phdr) *p = &info->dlpi_phdr[i];
		uintptr_t begin = info->dlpi_addr + p->p_vaddr, end = begin + p->p_memsz;

		if (p->p_type != PT_LOAD || p->p_flags & PF_W)
			continue;
		/* What follows the end in its page is empty: segments of other rights begin in pages of their own. */
		begin = begin / page * page;
		end = (end + page - 1) / page * page;
		all->v[all->n++] = (struct segment){.begin = begin, .size = end - begin};
	}
	return 1;
}

/*
 * A system call without the libc, whose code lies in other pages; a negative errno.  An architecture that is not known
 * here takes the libc's, and keeps a few pages more.
 */
__attribute__((always_inline)) static inline long bare_call(long nr, uintptr_t a, uintptr_t b, uintptr_t c, uintptr_t d,
							    uintptr_t e)
{
#if defined(__x86_64__)
	register uintptr_t r10 __asm__("r10") = d;
	register uintptr_t r8 __asm__("r8") = e;
	long r;

	__asm__ volatile("syscall"
			 : "=a"(r)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
			 : "rcx", "r11", "memory");
	return r;
#elif defined(__aarch64__)
	register long x8 __asm__("x8") = nr;
	register uintptr_t x0 __asm__("x0") = a;
	register uintptr_t x1 __asm__("x1") = b;
	register uintptr_t x2 __asm__("x2") = c;
	register uintptr_t x3 __asm__("x3") = d;
	register uintptr_t x4 __asm__("x4") = e;

	__asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4) : "memory");
	return (long)x0;
#else
	long r = syscall(nr, a, b, c, d, e);

	return r < 0 ? -errno : r;
#endif
}

/* What trim_and_poll does, as words of system calls. */
struct idle_words {
	const struct segments *segments;
	uintptr_t stack_begin, stack_end; /* of the main stack, what may be given back; equal: nothing */
	struct pollfd *p;
	nfds_t n;
	struct timespec *timeout; /* NULL: none */
};

/*
 * The page of code that a process stands in while it waits: gives back all the others, and waits.  It begins a page,
 * and calls nobody, so that no other page comes back.
 */
__attribute__((noinline, aligned(4096))) static long idle(const struct idle_words *w)
{
	if (w->stack_begin < w->stack_end)
		(void)bare_call(SYS_madvise, w->stack_begin, w->stack_end - w->stack_begin, MADV_DONTNEED, 0, 0);
	for (size_t i = 0; i < w->segments->n; i++) {
		const struct segment *s = &w->segments->v[i];

		(void)bare_call(SYS_madvise, s->begin, s->size, MADV_DONTNEED, 0, 0);
	}
	return bare_call(SYS_ppoll, (uintptr_t)w->p, w->n, (uintptr_t)w->timeout, 0, 0);
}

int trim_and_poll(struct pollfd *p, nfds_t n, int timeout_ms)
{
	/* Below this frame only idle's has a few words. */
	enum { STACK_MAX = 1024 * 1024, BELOW = 1024 };
	const uintptr_t page = getauxval(AT_PAGESZ), top = getauxval(AT_EXECFN);
	const uintptr_t here = (uintptr_t)__builtin_frame_address(0);
	struct segments segments = {0};
	struct timespec timeout = {.tv_sec = timeout_ms / 1000, .tv_nsec = timeout_ms % 1000 * 1000000L};
	struct idle_words w = {.segments = &segments, .p = p, .n = n, .timeout = timeout_ms < 0 ? NULL : &timeout};

	dl_iterate_phdr(find_segments, &segments);
	/*
	 * By itself the kernel maps 64 KiB at once where they are in the page cache, but never beyond what has the same
	 * advice: idle's page is given another one.
	 */
	uintptr_t idle_page = (uintptr_t)idle / page * page;
	madvise((void *)idle_page, page, MADV_RANDOM); /* NOLINT(performance-no-int-to-ptr) */
	/* The kernel puts the program's name at the top of the main stack; only there it is known what lies below. */
	if (top > here && top - here < STACK_MAX) {
		w.stack_begin = (here - STACK_MAX) / page * page;
		w.stack_end = (MIN(here, (uintptr_t)&w) - BELOW) / page * page;
	}
	long r = idle(&w);
	if (r < 0)
		errno = (int)-r;
	return r < 0 ? -1 : (int)r;
}

void warm_memory(void)
{
	struct segments segments = {0};

	dl_iterate_phdr(find_segments, &segments);
	for (size_t i = 0; i < segments.n; i++) {
		void *begin = (void *)segments.v[i].begin; /* NOLINT(performance-no-int-to-ptr) */

		/* Before 5.14 they come one by one, when they are needed. */
		madvise(begin, segments.v[i].size, MADV_POPULATE_READ);
	}
}
