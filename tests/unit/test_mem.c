/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The arena: zeroed, aligned, never overlapping; lists that keep what is in them; the end when memory is gone. */
#include "base/mem.h"
#include "jail.h"

static void memory_is_zeroed_aligned_and_apart(void **state)
{
	enum { N = 3000 };
	static unsigned char *p[N];
	struct arena a = {0};

	(void)state;
	for (size_t i = 0; i < N; i++) {
		size_t size = i % 97 + 1;

		p[i] = arena_alloc(&a, 1, size);
		assert_int_equal((uintptr_t)p[i] % _Alignof(max_align_t), 0);
		for (size_t k = 0; k < size; k++)
			assert_int_equal(p[i][k], 0);
		memset(p[i], (int)(i % 255 + 1), size);
	}
	for (size_t i = 0; i < N; i++)
		for (size_t k = 0; k < i % 97 + 1; k++)
			assert_int_equal(p[i][k], i % 255 + 1);
	arena_free(&a);
	assert_null(a.head);
}

static void large_pieces_and_reuse_after_free(void **state)
{
	struct arena a = {0};

	(void)state;
	for (int round = 0; round < 3; round++) {
		/* Around the size of a block (64 KiB), where a piece no longer fits into it. */
		for (size_t size = 65536 - 64; size < 65536 + 64; size += 8) {
			unsigned char *big = arena_alloc(&a, size, 1);

			assert_int_equal(big[0] | big[size / 2] | big[size - 1], 0);
			memset(big, 0xff, size);
		}
		unsigned char *huge = arena_alloc(&a, 10, 1 << 20);
		huge[0] = huge[(10 << 20) - 1] = 1;
		arena_free(&a);
	}
	arena_free(&a); /* an empty one is fine */
	assert_non_null(arena_alloc(&a, 0, 0));
	arena_free(&a);
}

static void copies_of_strings(void **state)
{
	const char open_end[4] = {'a', 'b', 'c', 'd'};
	struct arena a = {0};
	char *big = arena_alloc(&a, 100001, 1);

	(void)state;
	assert_null(arena_strdup(&a, NULL));
	assert_null(arena_strndup(&a, NULL, 3));
	assert_string_equal(arena_strdup(&a, ""), "");
	assert_string_equal(arena_strndup(&a, open_end, 4), "abcd");
	assert_string_equal(arena_strndup(&a, open_end, 0), "");
	assert_string_equal(arena_strndup(&a, "ab\0cd", 5), "ab");
	assert_string_equal(arena_strndup(&a, "ab", SIZE_MAX / 4), "ab");
	memset(big, 'x', 100000);
	assert_string_equal(arena_strdup(&a, big), big);
	char *text = arena_printf(&a, "%s=%d", big, 7);
	assert_int_equal(strlen(text), 100002);
	assert_string_equal(text + 100000, "=7");
	arena_free(&a);
}

static void a_list_of_strings_is_always_terminated(void **state)
{
	struct arena a = {0};
	struct strs s = {0};
	char kept[] = "kept", text[16];

	(void)state;
	assert_false(strs_has(&s, "x"));
	for (size_t i = 0; i < 200; i++) {
		snprintf(text, sizeof(text), "%zu", i);
		strs_add(&s, &a, text);
		assert_int_equal(s.n, i + 1);
		assert_null(s.v[s.n]);
	}
	for (size_t i = 0; i < 200; i++)
		assert_int_equal(atoi(s.v[i]), i);
	strs_take(&s, &a, kept);
	assert_ptr_equal(s.v[200], kept);
	assert_null(s.v[201]);
	assert_true(strs_has(&s, "0"));
	assert_true(strs_has(&s, "kept"));
	assert_false(strs_has(&s, "kep"));
	assert_false(strs_has(&s, "200"));
	arena_free(&a);
}

static void a_growing_list_keeps_its_elements(void **state)
{
	struct odd {
		char c;
		long n;
		char more[13];
	};
	struct {
		struct odd *v;
		size_t n, room;
	} l = {0};
	struct arena a = {0};

	(void)state;
	for (long i = 0; i < 1000; i++) {
		struct odd *o = list_add(&l, &a);

		assert_ptr_equal(o, &l.v[i]);
		assert_int_equal(o->c | o->n | o->more[12], 0);
		*o = (struct odd){.c = 'c', .n = i};
		memset(o->more, 'm', sizeof(o->more));
		/* Others that grow meanwhile must not get in its way. */
		memset(arena_alloc(&a, 1, 24), 0xff, 24);
	}
	assert_int_equal(l.n, 1000);
	for (long i = 0; i < 1000; i++)
		assert_true(l.v[i].n == i && l.v[i].c == 'c' && l.v[i].more[12] == 'm');
	arena_free(&a);
}

/* What cannot be had: a product past the last number, and more than there is. */
static const struct {
	size_t n, size;
} too_much[] = {{SIZE_MAX, 2}, {SIZE_MAX / 2 + 1, 2}, {1, SIZE_MAX}, {PTRDIFF_MAX, 1}, {1, (size_t)1 << 60}};

static void without_memory_it_ends_with_a_sentence(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(too_much); i++) {
		char text[64] = "";
		int out[2];

		must_call(pipe2(out, O_CLOEXEC));
		pid_t pid = child_start();
		if (pid == 0) {
			struct arena a = {0};

			dup2(out[1], STDERR_FILENO);
			_exit(arena_alloc(&a, too_much[i].n, too_much[i].size) != NULL);
		}
		close(out[1]);
		assert_int_equal(child_end(pid), EXIT_ISLE);
		assert_true(read(out[0], text, sizeof(text) - 1) > 0);
		assert_string_equal(text, "isle: out of memory\n");
		close(out[0]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_is_zeroed_aligned_and_apart),
		cmocka_unit_test(large_pieces_and_reuse_after_free),
		cmocka_unit_test(copies_of_strings),
		cmocka_unit_test(a_list_of_strings_is_always_terminated),
		cmocka_unit_test(a_growing_list_keeps_its_elements),
		cmocka_unit_test(without_memory_it_ends_with_a_sentence),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
