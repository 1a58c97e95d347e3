/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Namespaces as descriptors: see nsfd.h. */
#include "toolbox/nsfd.h"

#include "base/parse.h"
#include "core/sys.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>

/* The kind whose CLONE_NEW… flag is FLAG, as a word; "?" for one that we do not know. */
static const char *kind_word(int flag)
{
	for (int k = 0; k < NS_KIND_COUNT; k++)
		if (ns_facts[k].flag == flag)
			return ns_facts[k].oci;
	return "?";
}

/* Refuses FD, which is open for PATH, if it is no namespace. */
static int check_namespace(int fd, const char *path, enum ns_kind kind, struct err *e)
{
	struct statfs fs;
	struct stat st;

	if (fstatfs(fd, &fs) < 0 || fstat(fd, &st) < 0)
		return err_set(e, errno, "look at %s", path);
	if (fs.f_type == NSFS_MAGIC)
		return 0;
	err_set(e, EINVAL, "enter the %s namespace %s", ns_facts[kind].oci, path);
	return err_why(e, "%s is no namespace%s", S_ISDIR(st.st_mode) ? "a directory" : "the file",
		       S_ISDIR(st.st_mode) ? "; its files may be" : "");
}

/* The sentence for a PATH that could not be opened. */
static int open_failed(const char *path, enum ns_kind kind, int code, struct err *e)
{
	err_set(e, code, "open the %s namespace %s", ns_facts[kind].oci, path);
	if (code != EACCES || strncmp(path, "/proc/", strlen("/proc/")) != 0)
		return -code;
	return err_why(e, "a process's namespaces are open to those who may look into it (ptrace(2))");
}

int nsfd_open(const char *path, enum ns_kind kind, int *ret_fd, struct err *e)
{
	char again[32];
	auto_fd place = open(path, O_PATH | O_CLOEXEC);

	if (place < 0)
		return open_failed(path, kind, errno, e);
	int r = check_namespace(place, path, kind, e);
	if (r < 0)
		return r;
	snprintf(again, sizeof(again), "/proc/self/fd/%d", place);
	auto_fd fd = open(again, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return open_failed(path, kind, errno, e);
	int flag = ioctl(fd, NS_GET_NSTYPE);
	if (flag != ns_facts[kind].flag) {
		err_set(e, EINVAL, "enter the %s namespace %s", ns_facts[kind].oci, path);
		return err_why(e, "it is a %s namespace", kind_word(flag));
	}
	*ret_fd = fd_take(&fd);
	return 0;
}

/* open_by_handle_at(2) for the namespace with these numbers. */
static int open_handle(uint64_t id, uint32_t type, uint32_t inode)
{
	union {
		struct file_handle head;
		char room[sizeof(struct file_handle) + sizeof(struct sys_nsfs_handle)];
	} h = {.head = {.handle_bytes = sizeof(struct sys_nsfs_handle), .handle_type = SYS_FILEID_NSFS}};
	const struct sys_nsfs_handle numbers = {.id = id, .type = type, .inode = inode};

	memcpy(h.head.f_handle, &numbers, sizeof(numbers));
	return open_by_handle_at(SYS_FD_NSFS_ROOT, &h.head, O_RDONLY | O_CLOEXEC);
}

/* Looks for the namespace among those that processes are in; FD_NONE if none is in it, or none that we may look at. */
static int search_processes(uint64_t id, enum ns_kind kind)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	int found = FD_NONE;

	while (proc && found < 0 && (entry = readdir(proc))) {
		char path[NAME_MAX + 32];
		uint64_t other = 0;

		if (!text_is_number(entry->d_name))
			continue;
		snprintf(path, sizeof(path), "/proc/%s/ns/%s", entry->d_name, ns_facts[kind].proc);
		auto_fd fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd >= 0 && ioctl(fd, SYS_NS_GET_ID, &other) == 0 && other == id)
			found = fd_take(&fd);
	}
	if (proc)
		closedir(proc);
	return found;
}

/* Whether the kernel numbers its namespaces. */
static bool ids_known(void)
{
	auto_fd fd = open("/proc/self/ns/user", O_RDONLY | O_CLOEXEC);
	uint64_t id;

	return fd >= 0 && ioctl(fd, SYS_NS_GET_ID, &id) == 0;
}

int nsfd_by_id(const char *text, enum ns_kind kind, int *ret_fd, struct err *e)
{
	uint64_t id;

	if (!parse_u64(text, UINT64_MAX, &id) || id == 0) {
		err_set(e, 0, "\"%s\" is no number of a namespace", text);
		return err_cure(e, "write a file whose name begins with a colon as ./:NAME");
	}
	auto_fd fd = open_handle(id, 0, 0);
	int code = errno;
	if (fd < 0)
		fd = search_processes(id, kind);
	if (fd < 0) {
		if (!ids_known()) {
			err_set(e, EOPNOTSUPP, "find the namespace with the number %s", text);
			return err_why(e, "namespaces have numbers from Linux 6.18 on");
		}
		err_set(e, code == EPERM ? EPERM : ENOENT, "find the %s namespace with the number %s",
			ns_facts[kind].oci, text);
		return err_why(e, "no process that we may look at is in one; other namespaces are found by their "
				  "number from Linux 6.19 on, by root");
	}
	int flag = ioctl(fd, NS_GET_NSTYPE);
	if (flag != ns_facts[kind].flag) {
		err_set(e, EINVAL, "enter the %s namespace with the number %s", ns_facts[kind].oci, text);
		return err_why(e, "it is a %s namespace", kind_word(flag));
	}
	*ret_fd = fd_take(&fd);
	return 0;
}

int nsfd_parent(int fd, int *ret_fd, struct err *e)
{
	*ret_fd = ioctl(fd, NS_GET_USERNS); /* the kernel makes it close-on-exec */
	if (*ret_fd >= 0)
		return 0;
	int code = errno;
	err_set(e, code, "open the parent of the user namespace");
	if (code == EPERM)
		return err_why(e, "it has none, or its parent is neither our own user namespace nor below it");
	return code == ENOTTY ? err_why(e, "that takes Linux 4.9 or later") : -code;
}
