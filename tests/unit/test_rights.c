/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a process may still do after it has taken on a container's rights, as the kernel tells it. */
#include "core/caps_names.h"
#include "core/rights.h"
#include "jail.h"

#include <grp.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#define CAP(name) (1ULL << CAP_##name)

static struct arena arena;
static int proc_fd = FD_NONE;

static int setup(void **state)
{
	(void)state;
	proc_fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return proc_fd < 0;
}

static int teardown(void **state)
{
	(void)state;
	fd_close(&proc_fd);
	arena_free(&arena);
	return 0;
}

/* The line NAME of /proc/self/status, without the name. */
static const char *status_line(const char *name)
{
	static char line[4096];
	const char *text = strstr(text_of("/proc/self/status"), name);

	assert_non_null(text);
	text += strlen(name);
	snprintf(line, sizeof(line), "%.*s", (int)strcspn(text, "\n"), text);
	return line;
}

static uint64_t caps(const char *name)
{
	return strtoull(status_line(name), NULL, 16);
}

/* All capabilities that this kernel has and the test runs with. */
static uint64_t all(void)
{
	return caps("CapBnd:");
}

static void exactly_the_sets_asked_for(void *arg)
{
	const struct spec_process p = {
		.user = {.uid = 1234, .gid = 2345},
		.caps = {.has = true,
			 .bounding = CAP(CHOWN) | CAP(NET_BIND_SERVICE) | CAP(KILL) | CAP(SETFCAP),
			 .permitted = CAP(CHOWN) | CAP(NET_BIND_SERVICE) | CAP(KILL),
			 .effective = CAP(CHOWN) | CAP(NET_BIND_SERVICE),
			 .inheritable = CAP(NET_BIND_SERVICE) | CAP(KILL),
			 .ambient = CAP(NET_BIND_SERVICE)},
	};
	struct err e = {0};

	(void)arg;
	must(rights_bounds(&p, &e), &e);
	must(rights_user(&p, proc_fd, &e), &e);
	assert_true(caps("CapBnd:") == p.caps.bounding);
	assert_true(caps("CapPrm:") == p.caps.permitted);
	assert_true(caps("CapEff:") == p.caps.effective);
	assert_true(caps("CapInh:") == p.caps.inheritable);
	assert_true(caps("CapAmb:") == p.caps.ambient);
	assert_string_equal(status_line("\nUid:"), "\t1234\t1234\t1234\t1234");
	assert_string_equal(status_line("\nGid:"), "\t2345\t2345\t2345\t2345");
	assert_int_equal(prctl(PR_GET_KEEPCAPS), 0);
	assert_int_equal(setuid(0), -1); /* there is no way back */
}

static void no_capability_at_all(void *arg)
{
	const struct spec_process p = {.caps = {.has = true}};
	struct err e = {0};

	(void)arg;
	/* What an ambient capability of the caller would be raised from must be gone as well. */
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];
	must_call(syscall(SYS_capget, &head, data));
	data[0].inheritable = data[0].permitted;
	must_call(syscall(SYS_capset, &head, data));
	must_call(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_CHOWN, 0, 0));
	assert_true(caps("CapAmb:") == CAP(CHOWN));
	must(rights_bounds(&p, &e), &e);
	must(rights_user(&p, proc_fd, &e), &e);
	assert_true((caps("CapBnd:") | caps("CapPrm:") | caps("CapEff:") | caps("CapInh:") | caps("CapAmb:")) == 0);
	assert_string_equal(status_line("\nUid:"), "\t0\t0\t0\t0");
}

static void what_the_caller_lacks_is_not_given(void *arg)
{
	const uint64_t lack = CAP(SYS_ADMIN) | CAP(NET_RAW);
	struct spec_process p = {.caps = {.has = true, .bounding = ~0ULL, .permitted = ~0ULL, .effective = ~0ULL}};
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];
	struct err e = {0};

	(void)arg;
	uint64_t had = all();
	must_call(syscall(SYS_capget, &head, data));
	data[0].permitted &= ~(uint32_t)lack;
	data[0].effective &= ~(uint32_t)lack;
	must_call(syscall(SYS_capset, &head, data));
	must(rights_user(&p, proc_fd, &e), &e);
	assert_true(caps("CapPrm:") == (had & ~lack));
	assert_true(caps("CapEff:") == (had & ~lack));
	/* The ambient set is told by name when it cannot be had. */
	p.caps.ambient = CAP(NET_RAW);
	must_fail(rights_user(&p, proc_fd, &e), EPERM, &e, "CAP_NET_RAW in the ambient set");
}

static void without_sets_none_is_touched(void *arg)
{
	const struct spec_process p = {.user = {.uid = 0, .gid = 7}};
	struct err e = {0};

	(void)arg;
	uint64_t before = caps("CapEff:"), bounding = all();
	must(rights_user(&p, proc_fd, &e), &e);
	assert_true(caps("CapEff:") == before && all() == bounding);
	assert_string_equal(status_line("\nGid:"), "\t7\t7\t7\t7");
}

static void capabilities_are_those_of_the_spec(void **state)
{
	(void)state;
	in_child(exactly_the_sets_asked_for, NULL);
	in_child(no_capability_at_all, NULL);
	in_child(what_the_caller_lacks_is_not_given, NULL);
	in_child(without_sets_none_is_touched, NULL);
}

/* ARG: how many groups to take. */
static void take_groups(void *arg)
{
	const gid_t callers[] = {4, 5, 6};
	size_t n = *(size_t *)arg;
	struct spec_process p = {.user = {.uid = 1, .gid = 2}};
	static gid_t got[65536];
	struct err e = {0};

	must_call(setgroups(ARRAY_LEN(callers), callers));
	for (uint32_t i = 0; i < n; i++)
		*list_add(&p.user.additional_gids, &arena) = 100 + i;
	must(rights_user(&p, proc_fd, &e), &e);
	assert_int_equal(getgroups(65536, got), n);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(got[i], 100 + i);
}

static void too_many_groups(void *arg)
{
	struct spec_process p = {0};
	struct err e = {0};

	(void)arg;
	for (uint32_t i = 0; i < 65537; i++)
		*list_add(&p.user.additional_gids, &arena) = i;
	errno = 0;
	must_fail(rights_user(&p, proc_fd, &e), EINVAL, &e, "65537 supplementary groups");
}

static void groups_are_the_users_and_none_of_the_callers(void **state)
{
	static const size_t counts[] = {0, 1, 2, 64, 65, 1000};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(counts); i++)
		in_child(take_groups, (void *)(uintptr_t)&counts[i]);
	in_child(too_many_groups, NULL);
}

/* In a user namespace of ten ids. */
static void ten_ids(void *arg)
{
	struct spec_process p = {.user = {.uid = 3, .gid = 10}};
	struct err e = {0};
	uint32_t group = 9;

	must_call(setns(*(int *)arg, CLONE_NEWUSER));
	must_fail(rights_user(&p, proc_fd, &e), EINVAL, &e, "become group 10");
	must_have(e.why, "not mapped into the container");
	must_have(e.cure, "/etc/subuid");
	p.user.gid = 9;
	p.user.uid = 4294967294u;
	must_fail(rights_user(&p, proc_fd, &e), EINVAL, &e, "become user 4294967294");
	must_have(e.why, "not mapped into the container");
	p.user.additional_gids = (struct spec_ids){.v = &group, .n = 1};
	group = 10;
	must_fail(rights_user(&p, proc_fd, &e), EINVAL, &e, "supplementary groups");
	must_have(e.why, "not mapped into the container");
	group = 9;
	p.user.uid = 9;
	must(rights_user(&p, proc_fd, &e), &e);
	assert_int_equal(getuid(), 9);
}

/* In a user namespace that denies setgroups(2). */
static void one_id(void *arg)
{
	uint32_t group = 0;
	struct spec_process p = {.user = {.additional_gids = {.v = &group, .n = 1}}};
	struct err e = {0};

	must_call(setns(*(int *)arg, CLONE_NEWUSER));
	must_fail(rights_user(&p, proc_fd, &e), EPERM, &e, "one mapped id can't change groups");
	p.user.additional_gids.n = 0;
	must(rights_user(&p, proc_fd, &e), &e);
}

static void ids_that_are_not_mapped_are_explained(void **state)
{
	auto_fd ten = userns_make(0, 100000, 10, false);
	auto_fd one = userns_make(0, 0, 1, true);

	(void)state;
	in_child(ten_ids, &ten);
	in_child(one_id, &one);
}

/* ARG: the umask asked for, or NULL. */
static void take_umask(void *arg)
{
	const struct spec_process p = {.user = {.umask = {arg != NULL, arg ? *(uint64_t *)arg : 0}}};
	struct err e = {0};

	umask(0);
	must(rights_user(&p, proc_fd, &e), &e);
	assert_int_equal(umask(0), 0); /* threads share it: it comes later than the ids */
	rights_umask(&p, 027);
	assert_int_equal(umask(0), arg ? *(uint64_t *)arg & 0777 : 027);
}

/* What of the sets can't be had is taken out of them and told, and then the rest can be taken on. */
static void trimmed(void *arg)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];
	struct spec_process p = {.caps = {.has = true,
					  .bounding = CAP(CHOWN) | CAP(KILL) | CAP(NET_RAW),
					  .permitted = CAP(CHOWN) | CAP(KILL) | CAP(NET_RAW),
					  .effective = CAP(CHOWN) | CAP(SETUID),
					  .inheritable = CAP(CHOWN) | CAP(SETGID),
					  .ambient = CAP(CHOWN) | CAP(KILL)}};
	struct err e = {0};

	(void)arg;
	must_call(prctl(PR_CAPBSET_DROP, CAP_NET_RAW, 0, 0, 0));
	must_call(syscall(SYS_capget, &head, data));
	data[0].permitted &= ~(uint32_t)CAP(NET_RAW);
	data[0].effective &= ~(uint32_t)CAP(NET_RAW);
	must_call(syscall(SYS_capset, &head, data));
	/* Neither ours, nor in the set that it would have to come from. */
	assert_true(rights_caps_trim(&p.caps) == (CAP(NET_RAW) | CAP(SETUID) | CAP(SETGID)));
	assert_true(rights_caps_trim(&p.caps) == 0);
	must(rights_bounds(&p, &e), &e);
	must(rights_user(&p, proc_fd, &e), &e);
	assert_true(caps("CapBnd:") == (CAP(CHOWN) | CAP(KILL)));
	assert_true(caps("CapPrm:") == (CAP(CHOWN) | CAP(KILL)));
	assert_true(caps("CapEff:") == CAP(CHOWN));
	assert_true(caps("CapInh:") == CAP(CHOWN));
	assert_true(caps("CapAmb:") == CAP(CHOWN));
}

static void what_can_not_be_had_is_trimmed(void **state)
{
	struct spec_caps none = {.has = false, .permitted = ~0ULL};

	(void)state;
	in_child(trimmed, NULL);
	assert_true(rights_caps_trim(&none) == 0);
	assert_true(none.permitted == ~0ULL);
}

static void the_umask_is_the_containers(void **state)
{
	uint64_t masks[] = {077, 0, 07777};

	(void)state;
	in_child(take_umask, NULL);
	for (size_t i = 0; i < ARRAY_LEN(masks); i++)
		in_child(take_umask, &masks[i]);
}

static void limits(void *arg)
{
	struct spec_rlimit v[] = {{RLIMIT_NOFILE, 64, 128}, {RLIMIT_CORE, 0, 0}, {RLIMIT_STACK, 1 << 20, 1 << 21}};
	struct spec_process p = {.rlimits = {.v = v, .n = ARRAY_LEN(v)}};
	struct err e = {0};
	struct rlimit r;

	(void)arg;
	must(rights_limits(&p, &e), &e);
	for (size_t i = 0; i < ARRAY_LEN(v); i++) {
		must_call(getrlimit((__rlimit_resource_t)v[i].resource, &r));
		assert_true(r.rlim_cur == v[i].soft && r.rlim_max == v[i].hard);
	}
	v[0] = (struct spec_rlimit){RLIMIT_NOFILE, 100, 50};
	must_fail(rights_limits(&p, &e), EINVAL, &e, "RLIMIT_NOFILE to 100:50");
	must_call(setresuid(1234, 1234, 1234)); /* CAP_SYS_RESOURCE is gone */
	v[0] = (struct spec_rlimit){RLIMIT_NOFILE, 64, 129};
	must_fail(rights_limits(&p, &e), EPERM, &e, "RLIMIT_NOFILE to 64:129");
	must_have(e.cure, "ulimit -H");
	v[0] = (struct spec_rlimit){RLIMIT_NOFILE, 10, 20};
	must(rights_limits(&p, &e), &e);
	must_call(getrlimit(RLIMIT_NOFILE, &r));
	assert_true(r.rlim_cur == 10 && r.rlim_max == 20);
}

static void limits_are_set_or_explained(void **state)
{
	(void)state;
	in_child(limits, NULL);
}

static void seal_and_tie(void *arg)
{
	struct spec_process p = {.no_new_privileges = false};
	struct err e = {0};
	int sig = 0;

	(void)arg;
	must(rights_seal(&p, &e), &e);
	assert_int_equal(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 0);
	p.no_new_privileges = true;
	must(rights_seal(&p, &e), &e);
	assert_int_equal(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 1);
	must(rights_tie(&e), &e);
	must_call(prctl(PR_GET_PDEATHSIG, &sig));
	assert_int_equal(sig, SIGKILL);
}

static void new_keyring(void *arg)
{
	struct err e = {0};

	(void)arg;
	long before = syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 1);
	must(rights_keyring("isle-test", &e), &e);
	long after = syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0);
	assert_true(after != before || errno == ENOSYS);
}

static void the_process_is_sealed_tied_and_has_its_own_keys(void **state)
{
	(void)state;
	in_child(seal_and_tie, NULL);
	in_child(new_keyring, NULL);
}

static void profiles(void *arg)
{
	char none[] = "isle-test-no-such-profile";
	struct spec_process p = {0};
	struct err e = {0};

	(void)arg;
	must(rights_lsm(&p, proc_fd, &e), &e);
	p.apparmor_profile = none;
	assert_true(rights_lsm(&p, proc_fd, &e) < 0);
	must_have(e.what, "AppArmor profile isle-test-no-such-profile");
	must_have(e.why, "AppArmor");
	p = (struct spec_process){.selinux_label = none};
	assert_true(rights_lsm(&p, proc_fd, &e) < 0);
	must_have(e.what, "SELinux label isle-test-no-such-profile");
}

static void a_profile_that_cannot_be_had_is_refused(void **state)
{
	(void)state;
	in_child(profiles, NULL);
}

static void the_filter_is_that_of_the_spec(void **state)
{
	struct spec_process p = {.caps = {.has = true}};
	struct spec_seccomp s = {.mode = SECCOMP_NONE};
	struct seccomp_filter less, more;
	char good[] = "{\"defaultAction\": \"SCMP_ACT_ALLOW\"}", bad[] = "{\"defaultAction\": \"SCMP_ACT_NONE\"}";
	struct json *profile;
	struct err e = {0};

	(void)state;
	must(rights_filter(&s, &p, &arena, &less, &e), &e);
	assert_int_equal(less.n, 0);
	s.mode = SECCOMP_DEFAULT;
	must(rights_filter(&s, &p, &arena, &less, &e), &e);
	p.caps.bounding = ~0ULL;
	must(rights_filter(&s, &p, &arena, &more, &e), &e);
	assert_true(less.n > 0 && more.n > 0);
	assert_false(less.n == more.n && memcmp(less.v, more.v, less.n * sizeof(*less.v)) == 0);
	p.caps = (struct spec_caps){.has = false}; /* no sets: whatever root may */
	must(rights_filter(&s, &p, &arena, &less, &e), &e);
	assert_int_equal(less.n, more.n);
	must(json_parse(good, strlen(good), &arena, &profile, &e), &e);
	s = (struct spec_seccomp){.mode = SECCOMP_PROFILE, .profile = profile};
	must(rights_filter(&s, &p, &arena, &less, &e), &e);
	assert_true(less.n > 0);
	must(json_parse(bad, strlen(bad), &arena, &profile, &e), &e);
	s.profile = profile;
	must_fail(rights_filter(&s, &p, &arena, &less, &e), EINVAL, &e, "defaultAction");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(capabilities_are_those_of_the_spec),
		cmocka_unit_test(groups_are_the_users_and_none_of_the_callers),
		cmocka_unit_test(ids_that_are_not_mapped_are_explained),
		cmocka_unit_test(what_can_not_be_had_is_trimmed),
		cmocka_unit_test(the_umask_is_the_containers),
		cmocka_unit_test(limits_are_set_or_explained),
		cmocka_unit_test(the_process_is_sealed_tied_and_has_its_own_keys),
		cmocka_unit_test(a_profile_that_cannot_be_had_is_refused),
		cmocka_unit_test(the_filter_is_that_of_the_spec),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
