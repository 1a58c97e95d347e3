/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SHA-256 against the vectors of FIPS 180-4 and NIST CAVP, whole and in pieces of every size around a block. */
#include "base/sha256.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const struct vector {
	const char *text, *hex;
} vectors[] = {
	{"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
	{"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
	{"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
	 "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
	{"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
	 "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
	 "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"},
};

static void known_vectors(void **state)
{
	char hex[SHA256_HEX_LEN + 1];
	struct sha256 s;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
		sha256_init(&s);
		sha256_add(&s, vectors[i].text, strlen(vectors[i].text));
		sha256_hex(&s, hex);
		assert_string_equal(hex, vectors[i].hex);
	}
}

static void a_million_letters_in_odd_pieces(void **state)
{
	char hex[SHA256_HEX_LEN + 1], piece[97];
	struct sha256 s;
	size_t left = 1000000;

	(void)state;
	memset(piece, 'a', sizeof(piece));
	sha256_init(&s);
	while (left > 0) {
		size_t n = MIN(left, sizeof(piece));

		sha256_add(&s, piece, n);
		left -= n;
	}
	sha256_hex(&s, hex);
	assert_string_equal(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

static void pieces_do_not_matter(void **state)
{
	char whole[SHA256_HEX_LEN + 1], split[SHA256_HEX_LEN + 1];
	unsigned char data[200];
	struct sha256 s;

	(void)state;
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (unsigned char)(i * 7);
	for (size_t size = 0; size <= sizeof(data); size++) {
		sha256_init(&s);
		sha256_add(&s, data, size);
		sha256_hex(&s, whole);
		sha256_init(&s);
		sha256_add(&s, data, size / 3);
		sha256_add(&s, data + size / 3, 0);
		sha256_add(&s, data + size / 3, size - size / 3);
		sha256_hex(&s, split);
		assert_string_equal(whole, split);
	}
}

static void a_file_is_read_from_its_beginning(void **state)
{
	char hex[SHA256_HEX_LEN + 1];
	int fd = memfd_create("sha256", MFD_CLOEXEC);

	(void)state;
	assert_int_equal(write(fd, "abc", 3), 3);
	assert_int_equal(sha256_file(fd, hex, NULL), 0);
	assert_string_equal(hex, vectors[1].hex);
	assert_int_equal(lseek(fd, 0, SEEK_CUR), 3);
	close(fd);
	assert_true(sha256_file(fd, hex, NULL) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_vectors),
		cmocka_unit_test(a_million_letters_in_odd_pieces),
		cmocka_unit_test(pieces_do_not_matter),
		cmocka_unit_test(a_file_is_read_from_its_beginning),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
