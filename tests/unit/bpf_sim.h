/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs a classic BPF program as the kernel would run it as a system call filter, and checks it on the way. */
#ifndef ISLE_TESTS_BPF_SIM_H
#define ISLE_TESTS_BPF_SIM_H

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <string.h>

enum { SIM_BROKEN = 0x00badbad }; /* no action has this value */

/* What the program says to DATA; SIM_BROKEN if the kernel would have refused to load it. */
static inline uint32_t bpf_sim(const struct sock_filter *v, size_t n, const struct seccomp_data *data)
{
	uint32_t a = 0;

	for (size_t at = 0; at < n;) {
		const struct sock_filter *f = &v[at++];
		uint32_t k = f->k;

		switch (f->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			if (k % 4 != 0 || k > sizeof(*data) - 4)
				return SIM_BROKEN;
			memcpy(&a, (const char *)data + k, 4);
			break;
		case BPF_RET | BPF_K:
			return k;
		case BPF_ALU | BPF_AND | BPF_K:
			a &= k;
			break;
		case BPF_JMP | BPF_JA:
			at += k;
			break;
		case BPF_JMP | BPF_JEQ | BPF_K:
			at += a == k ? f->jt : f->jf;
			break;
		case BPF_JMP | BPF_JGT | BPF_K:
			at += a > k ? f->jt : f->jf;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			at += a >= k ? f->jt : f->jf;
			break;
		case BPF_JMP | BPF_JSET | BPF_K:
			at += a & k ? f->jt : f->jf;
			break;
		default:
			return SIM_BROKEN;
		}
	}
	return SIM_BROKEN;
}

#endif
