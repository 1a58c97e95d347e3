/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any text as the value of an annotation for systemd: read, and sent as a message that can be read. */
#include "core/systemd.h"

#include <stdlib.h>

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = {0};
	char key[] = "org.systemd.property.WaitSec";
	struct spec_pair pair = {key, arena_strndup(&a, (const char *)data, size)};
	struct spec_pairs pairs = {&pair, 1, 1};
	struct systemd_properties l = {0};
	unsigned char *bytes;
	struct err e;

	key[sizeof(key) - 2] = size % 2 ? 'c' : 'x'; /* seconds to be converted, or a value as it is */
	if (systemd_annotations(&l, &pairs, &a, &e) == 0) {
		struct dbus_message m = {.kind = DBUS_SIGNAL, .serial = 1, .body = {&l.v[0].value, 1, 1}}, again;

		if (dbus_write(&m, &a, &bytes, &size, &e) < 0 || dbus_read(bytes, size, &a, &again, &e) < 0 ||
		    dbus_body_read(&again, again.signature, &a, &e) < 0)
			abort();
	}
	arena_free(&a);
	return 0;
}
