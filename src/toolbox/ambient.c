/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Capabilities that outlast the start of a program: see ambient.h. */
#include "toolbox/ambient.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int ambient_hold(struct err *e)
{
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0)
		return err_set(e, errno, "keep the capabilities over a change of the user");
	return 0;
}

int ambient_raise(struct err *e)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	if (syscall(SYS_capget, &head, data) < 0)
		return err_set(e, errno, "read the capabilities");
	for (size_t i = 0; i < ARRAY_LEN(data); i++)
		data[i].inheritable = data[i].effective = data[i].permitted;
	if (syscall(SYS_capset, &head, data) < 0)
		return err_set(e, errno, "make the capabilities inheritable");
	for (unsigned int cap = 0; cap < 64; cap++)
		if (data[cap / 32].permitted >> cap % 32 & 1 &&
		    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0) < 0)
			return err_set(e, errno, "make capability %u ambient", cap);
	return 0;
}
