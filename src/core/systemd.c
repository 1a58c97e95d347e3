/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Units of systemd, over D-Bus: see systemd.h. */
#include "core/systemd.h"

#include "base/parse.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SYSTEMD "org.freedesktop.systemd1"
#define MANAGER SYSTEMD ".Manager"
#define MANAGER_PATH "/org/freedesktop/systemd1"

enum { CALL_MS = 30000, JOB_MS = 30000 };

bool systemd_is_running(void)
{
	struct stat st;

	return lstat("/run/systemd/system", &st) == 0 && S_ISDIR(st.st_mode);
}

/* ---- connections ---- */

/* Where systemd may be reached, the straight way first. */
static int open_any(struct systemd *s, bool user, struct arena *a, struct err *e)
{
	const char *address = getenv("DBUS_SESSION_BUS_ADDRESS"), *run = getenv("XDG_RUNTIME_DIR");
	const char *private = "unix:path=/run/systemd/private", *bus = "unix:path=/run/dbus/system_bus_socket";

	if (user) {
		run = run && *run ? run : arena_printf(a, "/run/user/%u", getuid());
		private = arena_printf(a, "unix:path=%s/systemd/private", run);
		bus = address && *address ? address : arena_printf(a, "unix:path=%s/bus", run);
	}
	if ((user || geteuid() == 0) && dbus_open(&s->bus, private, false, a, NULL) == 0)
		return 0;
	int r = dbus_open(&s->bus, bus, true, a, e);
	if (r == 0)
		return 0;
	err_context(e, "reach %s", user ? "this user's systemd" : "systemd");
	if (user)
		return err_cure(e, "log in as this user (loginctl enable-linger keeps its systemd), or use cgroupfs");
	return systemd_is_running() ? r : err_why(e, "this machine was not started by systemd");
}

/* A call of the manager's method MEMBER. */
static struct dbus_message manager_call(struct arena *a, const char *member)
{
	return (struct dbus_message){
		.path = arena_strdup(a, MANAGER_PATH),
		.interface = arena_strdup(a, MANAGER),
		.member = arena_strdup(a, member),
		.destination = arena_strdup(a, SYSTEMD),
	};
}

/* Adds an argument to a call. */
static void argue(struct dbus_message *call, struct arena *a, struct dbus_value v)
{
	struct dbus_value *slot = list_add(&call->body, a);

	*slot = v;
}

/* The text of a property of the manager; "" if it has none. */
static char *manager_text(struct systemd *s, const char *name, struct arena *a)
{
	struct dbus_message call = manager_call(a, "Get"), reply;

	call.interface = arena_strdup(a, "org.freedesktop.DBus.Properties");
	argue(&call, a, dbus_text(a, 's', MANAGER));
	argue(&call, a, dbus_text(a, 's', name));
	if (dbus_call(&s->bus, &call, &reply, CALL_MS, NULL) < 0 || dbus_body_read(&reply, "v", a, NULL) < 0 ||
	    reply.body.v[0].v[0].type != 's')
		return arena_strdup(a, "");
	return reply.body.v[0].v[0].text;
}

/* A bus tells signals only to who asked for them. */
static int subscribe(struct systemd *s, struct arena *a, struct err *e)
{
	struct dbus_message call = manager_call(a, "AddMatch"), reply;

	if (!s->bus.bus)
		return 0;
	call.path = arena_strdup(a, "/org/freedesktop/DBus");
	call.destination = call.interface = arena_strdup(a, "org.freedesktop.DBus");
	argue(&call, a, dbus_text(a, 's', "type='signal',interface='" MANAGER "',member='JobRemoved'"));
	int r = dbus_call(&s->bus, &call, &reply, CALL_MS, e);
	if (r < 0)
		return r;
	call = manager_call(a, "Subscribe");
	return dbus_call(&s->bus, &call, &reply, CALL_MS, e);
}

int systemd_open(struct systemd *s, bool user, struct arena *a, struct err *e)
{
	uint64_t number;

	*s = (struct systemd){.bus.fd = FD_NONE};
	int r = open_any(s, user, a, e);

	if (r == 0)
		r = subscribe(s, a, e);
	if (r < 0) {
		systemd_close(s);
		return r;
	}
	const char *version = manager_text(s, "Version", a); /* "252.39-1~deb12u1", with a 'v' before long ago */
	version += *version == 'v';
	s->version = take_u64(&version, 100000, &number) ? (int)number : 0;
	s->control_group = user ? manager_text(s, "ControlGroup", a) : arena_strdup(a, "");
	if (user && (*s->control_group != '/' || strstr(s->control_group, "/../"))) {
		systemd_close(s);
		return err_set(e, EBADMSG, "ask this user's systemd for its control group");
	}
	return 0;
}

void systemd_close(struct systemd *s)
{
	dbus_close(&s->bus);
}

/* ---- names ---- */

int systemd_slice_path(const char *slice, struct arena *a, char **ret, struct err *e)
{
	static const char suffix[] = ".slice";
	size_t len = strlen(slice), stem = len < sizeof(suffix) ? 0 : len - (sizeof(suffix) - 1);
	char *path = arena_strdup(a, "");

	if (stem == 0 || strcmp(slice + stem, suffix) != 0 || strchr(slice, '/'))
		return err_set(e, 0, "\"%s\" is not the name of a slice", slice);
	*ret = path;
	if (stem == 1 && *slice == '-')
		return 0;
	for (size_t i = 0; i <= stem; i++) {
		if (i < stem && slice[i] != '-')
			continue;
		if (i == 0 || slice[i - 1] == '-') /* "-a", "a--b", "a-" */
			return err_set(e, 0, "\"%s\" is not the name of a slice", slice);
		path = arena_printf(a, "%s/%.*s%s", path, (int)i, slice, suffix);
	}
	*ret = path;
	return 0;
}

/* ---- jobs ---- */

/* Waits until the job that REPLY names is over; its result must be "done". */
static int await_job(struct systemd *s, struct dbus_message *reply, const char *unit, struct arena *a, struct err *e)
{
	struct dbus_message signal;
	int r = dbus_body_read(reply, "o", a, e);

	if (r < 0)
		return r;
	const char *job = reply->body.v[0].text;
	for (;;) {
		r = dbus_signal(&s->bus, MANAGER, "JobRemoved", &signal, JOB_MS, e);
		if (r < 0)
			return err_context(e, "systemd's job for %s", unit);
		if (dbus_body_read(&signal, "uoss", a, NULL) < 0 || strcmp(signal.body.v[1].text, job) != 0)
			continue;
		if (strcmp(signal.body.v[3].text, "done") == 0)
			return 0;
		err_set(e, EREMOTEIO, "systemd's job for %s", unit);
		return err_why(e, "it ended as \"%s\"; journalctl has more", signal.body.v[3].text);
	}
}

/* Forgets that the unit failed. */
static void reset_failed(struct systemd *s, const char *unit, struct arena *a)
{
	struct dbus_message call = manager_call(a, "ResetFailedUnit"), reply;

	argue(&call, a, dbus_text(a, 's', unit));
	(void)!dbus_call(&s->bus, &call, &reply, CALL_MS, NULL);
}

/* Whether the peer refused with the error SYSTEMD.NAME. */
static bool failed_with(int r, const struct dbus_message *reply, const char *name)
{
	return r == -EREMOTEIO && reply->error && strcmp(reply->error, name) == 0;
}

/* The properties as systemd takes them: a(sv). */
static struct dbus_value property_array(const struct systemd_properties *l, struct arena *a)
{
	struct dbus_value array = dbus_array(a, "(sv)");

	for (size_t i = 0; i < l->n; i++) {
		struct dbus_value pair = dbus_container('('), variant = dbus_container('v');

		dbus_add(&variant, a, l->v[i].value);
		dbus_add(&pair, a, dbus_text(a, 's', l->v[i].name));
		dbus_add(&pair, a, variant);
		dbus_add(&array, a, pair);
	}
	return array;
}

/* What every container's unit has; accounting, since limits may come later. */
static void add_common(struct systemd_properties *l, const char *unit, const char *slice, pid_t pid, struct arena *a)
{
	static const char *const on[] = {"MemoryAccounting", "CPUAccounting", "IOAccounting", "TasksAccounting"};
	size_t len = strlen(unit);
	bool is_slice = len > 6 && strcmp(unit + len - 6, ".slice") == 0;
	struct dbus_value wants = dbus_array(a, "s"), pids = dbus_array(a, "u");

	systemd_add(l, a, "Description", dbus_text(a, 's', arena_printf(a, "isle container %s", unit)));
	dbus_add(&wants, a, dbus_text(a, 's', slice));
	dbus_add(&pids, a, dbus_number('u', (uint64_t)pid));
	if (is_slice) {
		systemd_add(l, a, "Wants", wants);
	} else {
		systemd_add(l, a, "Slice", dbus_text(a, 's', slice));
		systemd_add(l, a, "Delegate", dbus_number('b', 1));
	}
	if (pid > 0)
		systemd_add(l, a, "PIDs", pids);
	for (size_t i = 0; i < ARRAY_LEN(on); i++)
		systemd_add(l, a, on[i], dbus_number('b', 1));
	systemd_add(l, a, "DefaultDependencies", dbus_number('b', 0));
}

int systemd_start(struct systemd *s, const char *unit, const char *slice, pid_t pid,
		  const struct systemd_properties *extra, struct arena *a, struct err *e)
{
	struct dbus_message call = manager_call(a, "StartTransientUnit"), reply = {0};
	struct systemd_properties all = {0};

	add_common(&all, unit, slice, pid, a);
	for (size_t i = 0; i < extra->n; i++) {
		struct systemd_property *slot = list_add(&all, a);

		*slot = extra->v[i];
	}
	argue(&call, a, dbus_text(a, 's', unit));
	argue(&call, a, dbus_text(a, 's', "replace"));
	argue(&call, a, property_array(&all, a));
	argue(&call, a, dbus_array(a, "(sa(sv))"));
	int r = dbus_call(&s->bus, &call, &reply, CALL_MS, e);
	if (failed_with(r, &reply, SYSTEMD ".UnitExists")) { /* maybe left over, and failed */
		reset_failed(s, unit, a);
		r = dbus_call(&s->bus, &call, &reply, CALL_MS, e);
		if (failed_with(r, &reply, SYSTEMD ".UnitExists")) {
			err_set(e, EEXIST, "start the unit %s", unit);
			return err_why(e, "systemd has one of that name");
		}
	}
	if (r < 0)
		return err_context(e, "start the unit %s", unit);
	r = await_job(s, &reply, unit, a, e);
	if (r < 0)
		reset_failed(s, unit, a);
	return r;
}

int systemd_set(struct systemd *s, const char *unit, const struct systemd_properties *p, struct arena *a, struct err *e)
{
	struct dbus_message call = manager_call(a, "SetUnitProperties"), reply;

	if (p->n == 0)
		return 0;
	argue(&call, a, dbus_text(a, 's', unit));
	argue(&call, a, dbus_number('b', 1)); /* only until the unit is gone */
	argue(&call, a, property_array(p, a));
	int r = dbus_call(&s->bus, &call, &reply, CALL_MS, e);
	return r < 0 ? err_context(e, "change the unit %s", unit) : 0;
}

int systemd_attach(struct systemd *s, const char *unit, pid_t pid, struct arena *a, struct err *e)
{
	struct dbus_message call = manager_call(a, "AttachProcessesToUnit"), reply;
	struct dbus_value pids = dbus_array(a, "u");

	dbus_add(&pids, a, dbus_number('u', (uint64_t)pid));
	argue(&call, a, dbus_text(a, 's', unit));
	argue(&call, a, dbus_text(a, 's', ""));
	argue(&call, a, pids);
	int r = dbus_call(&s->bus, &call, &reply, CALL_MS, e);
	return r < 0 ? err_context(e, "put process %d into the unit %s", (int)pid, unit) : 0;
}

int systemd_stop(struct systemd *s, const char *unit, struct arena *a, struct err *e)
{
	struct dbus_message call = manager_call(a, "StopUnit"), reply = {0};

	argue(&call, a, dbus_text(a, 's', unit));
	argue(&call, a, dbus_text(a, 's', "replace"));
	int r = dbus_call(&s->bus, &call, &reply, CALL_MS, e);
	if (failed_with(r, &reply, SYSTEMD ".NoSuchUnit"))
		return 0;
	if (r == 0)
		r = await_job(s, &reply, unit, a, e);
	reset_failed(s, unit, a);
	return r < 0 ? err_context(e, "stop the unit %s", unit) : 0;
}
