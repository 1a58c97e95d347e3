/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Giving memory back, and getting it beforehand: see trim.h. */
#include "engine/trim.h"

#include "base/macros.h"

#include <link.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/auxv.h>
#include <sys/mman.h>

#ifndef MADV_POPULATE_READ /* 5.14 */
#define MADV_POPULATE_READ 22
#endif

static struct {
	struct segment {
		uintptr_t begin, end;
		bool code;
	} v[4];
	size_t n;
	bool advised;
} segments; /* of the program, read-only; found once */

/* Gives back the pages that lie completely within BEGIN to END. */
static void give_back(uintptr_t begin, uintptr_t end)
{
	const uintptr_t page = getauxval(AT_PAGESZ);

	begin = (begin + page - 1) / page * page;
	end = end / page * page;
	if (begin < end)
		madvise((void *)begin, end - begin, MADV_DONTNEED); /* NOLINT(performance-no-int-to-ptr) */
}

/*
 * Makes the kernel map less around a page that is needed.  By itself it maps 64 KiB at once where they are in the page
 * cache, but never beyond what has the same advice: so every second piece of BEGIN to END is given another one.
 */
static void advise_pieces(uintptr_t begin, uintptr_t end)
{
	enum { PIECE = 8 * 1024 };

	for (uintptr_t at = begin / PIECE * PIECE + PIECE; at + PIECE <= end; at += 2 * PIECE)
		madvise((void *)at, PIECE, MADV_RANDOM); /* NOLINT(performance-no-int-to-ptr) */
}

/* Remembers the read-only segments of the program itself, which is the first object. */
static int find_segments(struct dl_phdr_info *info, size_t size, void *ctx)
{
	(void)size;
	(void)ctx;
	for (int i = 0; i < info->dlpi_phnum && segments.n < ARRAY_LEN(segments.v); i++) {
		const ElfW(Phdr) *p = &info->dlpi_phdr[i];
		uintptr_t begin = info->dlpi_addr + p->p_vaddr, end = begin + p->p_memsz;

		if (p->p_type != PT_LOAD || p->p_flags & PF_W)
			continue;
		/* What follows the end in its page is empty: segments of other rights begin in pages of their own. */
		segments.v[segments.n++] = (struct segment){
			.begin = begin, .end = end + getauxval(AT_PAGESZ) - 1, .code = p->p_flags & PF_X};
	}
	return 1;
}

/*
 * Gives back what lies below the caller's frame, if that is on the main stack: only there it is known what lies below.
 * The kernel puts the program's name at the top of the main stack.
 */
static void trim_stack(void)
{
	enum { STACK_MAX = 1024 * 1024, MARGIN = 4096 };
	uintptr_t here = (uintptr_t)__builtin_frame_address(0), top = getauxval(AT_EXECFN);

	if (top > here && top - here < STACK_MAX)
		give_back(here - STACK_MAX, here - MARGIN);
}

void trim_memory(void)
{
	if (segments.n == 0)
		dl_iterate_phdr(find_segments, NULL);
	if (!segments.advised)
		for (size_t i = 0; i < segments.n; i++)
			if (segments.v[i].code)
				advise_pieces(segments.v[i].begin, segments.v[i].end);
	segments.advised = true;
	trim_stack();
	/* Last, and with as little code after it as can be: what runs now comes back at once. */
	for (size_t i = 0; i < segments.n; i++)
		give_back(segments.v[i].begin, segments.v[i].end);
}

void warm_memory(void)
{
	const uintptr_t page = getauxval(AT_PAGESZ);

	if (segments.n == 0)
		dl_iterate_phdr(find_segments, NULL);
	for (size_t i = 0; i < segments.n; i++) {
		uintptr_t begin = segments.v[i].begin / page * page, end = segments.v[i].end / page * page;

		/* Before 5.14 they come one by one, when they are needed. */
		madvise((void *)begin, end - begin, MADV_POPULATE_READ); /* NOLINT(performance-no-int-to-ptr) */
	}
}
