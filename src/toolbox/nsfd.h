/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Namespaces as descriptors, found by a file, by the kernel's number, or by another namespace.
 *
 * A file is opened for nothing but its place first, and proved to be a namespace of the right kind: a FIFO makes nobody
 * wait, a device is not touched.
 */
#ifndef ISLE_TOOLBOX_NSFD_H
#define ISLE_TOOLBOX_NSFD_H

#include "base/fd.h"
#include "core/ns.h"

/* Opens PATH, which must be a namespace of KIND: a file in /proc/PID/ns, or a bind mount of one. */
int nsfd_open(const char *path, enum ns_kind kind, int *ret_fd, struct err *e) MUST_USE;
/*
 * Opens the namespace of KIND with the number TEXT, decimal (ioctl_nsfs(2), NS_GET_ID).  Linux 6.19 finds it by the
 * number; on 6.18 those of processes are looked through; before, namespaces have no numbers.
 */
int nsfd_by_id(const char *text, enum ns_kind kind, int *ret_fd, struct err *e) MUST_USE;
/* Opens the user namespace above the user namespace FD. */
int nsfd_parent(int fd, int *ret_fd, struct err *e) MUST_USE;

#endif
