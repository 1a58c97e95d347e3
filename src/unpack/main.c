/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * isle-image: unpacks a root tarball from standard input into an empty directory.
 *
 * The archive is written by an attacker, and libarchive, zlib, lzma and zstd read it; so all of it happens in a jail
 * that this program makes for itself.  Its stages, each with what it should and mustn't do:
 *
 *   1. begin    Should: read the arguments, enter the directory, take the locale; load all libraries and tables.
 *               Mustn't: read a byte of the archive.
 *   2. enter    Should: leave the machine's mounts, network, IPC and host name (sandbox_enter): the directory is '/'.
 *               Mustn't: keep a descriptor of anything but the archive, the directory, and the report's pipes.
 *   3. reduce   Should: give up every capability but those that owners and modes need, forbid new ones, lower the
 *               limits, and load the filter of system calls (sandbox_reduce).
 *               Mustn't: be skipped, on any path.
 *   4. unpack   Should: read the archive to its very end and write its entries below '/', by the rules of writer.h.
 *               Mustn't: run, load or look up anything that the archive brought: no execve, no locale, no user names.
 *
 * Started by root, it keeps the machine's ids: owner 0 in the archive is owner 0 on disk.  Started in a user namespace,
 * owners are those of the namespace.  Standard output gets a line "note: …" for what was left out; standard error one
 * sentence when the archive is refused, and the status is 1: what was written so far is for the caller to remove.
 */
#include "unpack/sandbox.h"
#include "unpack/source.h"
#include "unpack/writer.h"

#include "core/sys.h"

#include <errno.h>
#include <iconv.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* libarchive's reader, fed by a source. */
static la_ssize_t feed(struct archive *ar, void *data, const void **ret)
{
	struct source *s = data;
	ssize_t n = source_read(s, ret);
	char text[1024];

	if (n < 0) {
		err_format(&s->err, text, sizeof(text));
		archive_set_error(ar, s->err.code, "%s", text);
	}
	return n;
}

/* A reader that knows tar, plain or in xz or zstd (gzip is the source's), and reads on to the end of the file. */
static int reader_make(struct archive **ret, struct err *e)
{
	struct archive *ar = archive_read_new();

	if (!ar)
		return err_set(e, ENOMEM, "make a reader");
	/* ARCHIVE_WARN would mean that an external program stands in. */
	if (archive_read_support_format_tar(ar) != ARCHIVE_OK || archive_read_support_filter_xz(ar) != ARCHIVE_OK ||
	    archive_read_support_filter_zstd(ar) != ARCHIVE_OK)
		return err_set(e, 0, "make a reader for xz and zstd: this libarchive was built without them");
	/* So that the checksum at the end of compressed data is reached, and nothing hides behind the archive's end. */
	if (archive_read_set_options(ar, "tar:read_concatenated_archives") != ARCHIVE_OK)
		return err_set(e, 0, "make a reader: %s", archive_error_string(ar));
	*ret = ar;
	return 0;
}

/* An image archive (docker save, OCI) holds layers, and is no root though it is a tarball. */
static int check_is_root(int dir_fd, struct err *e)
{
	static const char *const marks[] = {"oci-layout", "manifest.json", "repositories"};

	for (size_t i = 0; i < ARRAY_LEN(marks); i++)
		if (faccessat(dir_fd, marks[i], F_OK, 0) == 0 && faccessat(dir_fd, "usr", F_OK, 0) < 0 &&
		    faccessat(dir_fd, "bin", F_OK, 0) < 0) {
			err_set(e, 0, "the archive is no root but an image in layers (it has a file \"%s\")", marks[i]);
			return err_cure(e, "make a root of it: docker create IMAGE; docker export CONTAINER");
		}
	return 0;
}

/* Stage 4: all entries, and the end of the archive. */
static int unpack(struct source *s, struct archive *ar, struct writer *w, struct err *e)
{
	struct archive_entry *ae;
	int r;

	r = source_open(s, STDIN_FILENO, e);
	if (r < 0)
		return r;
	archive_read_set_read_callback(ar, feed);
	archive_read_set_callback_data(ar, s);
	if (archive_read_open1(ar) != ARCHIVE_OK)
		return err_set(e, 0, "read the archive: %s", archive_error_string(ar));
	while ((r = archive_read_next_header(ar, &ae)) == ARCHIVE_OK) {
		r = writer_put(w, ar, ae, e);
		if (r < 0)
			return r;
	}
	if (r != ARCHIVE_EOF)
		return err_set(e, 0, "read the archive: %s", archive_error_string(ar));
	/* A tar ends with a block of zeros; without, it was cut off between two entries. */
	if (archive_filter_bytes(ar, 0) <= archive_read_header_position(ar))
		return err_set(e, 0, "read the archive: it ends too early");
	if (w->entries == 0)
		return err_set(e, 0, "the archive holds no files");
	r = writer_finish(w, e);
	return r < 0 ? r : check_is_root(w->root_fd, e);
}

/* What was left out, for the user to know. */
static void report(const struct writer *w)
{
	if (w->devices > 0)
		printf("note: %lu devices and sockets of the archive were not made; a container has its own /dev\n",
		       w->devices);
	if (w->foreign_owners > 0)
		printf("note: %lu files belong to ids outside the id map; they were given to nobody (65534)\n",
		       w->foreign_owners);
}

/* Stage 1's part that loads what would else be loaded, in the jail, out of the archive. */
static int libraries_load(struct err *e)
{
	iconv_t cd;

	/* Names in archives are bytes or UTF-8; only a UTF-8 locale takes both unchanged. */
	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		return err_set(e, 0, "set the locale C.UTF-8: this system lacks it");
	cd = iconv_open("UTF-8", "UTF-8"); /* reads the table of character sets */
	if (cd != (iconv_t)-1)
		iconv_close(cd);
	return 0;
}

/* Goes into the directory to fill, and closes whatever the caller left open. */
static int dir_enter(const char *path, struct err *e)
{
	if (chdir(path) < 0)
		return err_set(e, errno, "enter %s", path);
	if (sys_close_range(STDERR_FILENO + 1, ~0U, 0) < 0)
		return err_set(e, errno, "close descriptors");
	return 0;
}

/* All stages, in order. */
static int run(const char *dir, bool one_id, struct err *e)
{
	static struct source source;
	static struct writer writer;
	struct arena arena = {0};
	struct archive *ar = NULL;
	auto_fd root_fd = FD_NONE;
	int r;

	umask(0);
	signal(SIGXFSZ, SIG_IGN);
	r = libraries_load(e);
	if (r == 0)
		r = dir_enter(dir, e);
	if (r == 0)
		r = reader_make(&ar, e);
	if (r == 0)
		r = sandbox_enter(&root_fd, e);
	if (r == 0)
		r = sandbox_reduce(e);
	if (r < 0)
		return r;
	writer_init(&writer, &arena, root_fd, one_id);
	r = unpack(&source, ar, &writer, e);
	if (r == 0)
		report(&writer);
	return r;
}

int main(int argc, char **argv)
{
	struct err e = {0};
	char text[2048];
	bool one_id = argc == 4 && strcmp(argv[2], "--one-id") == 0;

	if ((argc != 3 && !one_id) || strcmp(argv[1], "unpack") != 0) {
		fprintf(stderr, "usage: isle-image unpack [--one-id] DIRECTORY <ARCHIVE\n");
		return EXIT_ISLE;
	}
	if (run(argv[argc - 1], one_id, &e) < 0) {
		err_format(&e, text, sizeof(text));
		fprintf(stderr, "%s\n", text);
		return 1;
	}
	return 0;
}
