/* SPDX-License-Identifier: GPL-2.0-or-later */
/* 'isle inspect': see inspect.h. */
#include "engine/inspect.h"

#include "engine/record_json.h"
#include "oci/spec_json.h"

int inspect_box(struct home *h, const char *ref, struct json_out *out, struct err *e)
{
	CLEANUP(box_close) struct box b;
	int r = box_find(h, ref, true, &b, e);

	if (r < 0)
		return r;
	json_open_object(out, NULL);
	json_string(out, "id", b.id);
	json_string(out, "name", b.record.name);
	json_string(out, "status", box_status_names[b.state.status]);
	json_open_object(out, "paths");
	json_string(out, "run", arena_printf(h->arena, "%s/boxes/%s", h->run, b.id));
	if (b.record.persistent) {
		json_string(out, "data", arena_printf(h->arena, "%s/containers/%s", h->data, b.id));
		json_string(out, "log", arena_printf(h->arena, "%s/containers/%s/log", h->data, b.id));
	}
	json_close_object(out);
	record_write(&b.record, out, "record");
	state_write(&b.state, out, "state");
	spec_write(&b.spec, out, "config");
	json_close_object(out);
	return 0;
}
