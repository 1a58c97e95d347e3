/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as a D-Bus message: reading is safe, and what was read can be written and read again. */
#include "core/dbus_wire.h"

#include <stdlib.h>

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = {0};
	struct dbus_message m, again;
	unsigned char *bytes;
	size_t length;
	struct err e;

	if (dbus_read(data, size, &a, &m, &e) == 0 && dbus_body_read(&m, m.signature, &a, &e) == 0 &&
	    dbus_write(&m, &a, &bytes, &length, &e) == 0)
		if (dbus_read(bytes, length, &a, &again, &e) < 0 || dbus_body_read(&again, m.signature, &a, &e) < 0)
			abort();
	arena_free(&a);
	return 0;
}
