/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Binding tables: every kind is read and written, and what is wrong is named by its path. */
#include "base/json_bind.h"
#include "unit.h"

#include <limits.h>
#include <string.h>

enum colour { RED, GREEN };
static const char *const colours[] = {[RED] = "red", [GREEN] = "green"};
static const struct bind_names colour_names = {colours, ARRAY_LEN(colours)};

enum fuel { FUEL_NONE, PETROL = 2, ELECTRIC };
static const char *const fuels[] = {[PETROL] = "petrol", [ELECTRIC] = "electric"};
static const struct bind_names fuel_names = {fuels, ARRAY_LEN(fuels)};

struct part {
	char *name;
	uint32_t pieces;
};
struct radio {
	bool has;
	int station;
};
struct wheel {
	char *make;
	uint16_t size;
	int spare;
};
struct car {
	char *name;
	bool new;
	struct opt_bool sold;
	int gear;
	int64_t km;
	struct opt_i64 debt;
	uint16_t doors;
	uint32_t owner;
	uint64_t serial;
	struct opt_u64 price;
	enum colour colour;
	struct strs seats;
	struct {
		uint32_t *v;
		size_t n, room;
	} keys;
	struct {
		struct bind_pair *v;
		size_t n, room;
	} notes;
	struct wheel fifth;
	struct {
		struct wheel *v;
		size_t n, room;
	} wheels;
	int left, right;
	char letter;
	enum fuel fuel;
	unsigned int fuels;
	struct {
		struct part *v;
		size_t n, room;
	} parts;
	struct radio radio;
	int heat;
	char *motto;
	struct opt_u64 tax;
};

static int read_letter(const struct json *value, void *field, struct arena *a, struct err *e)
{
	(void)a;
	if (!json_text(value) || value->n != 1)
		return bind_fail(e, "must be one letter");
	*(char *)field = value->text[0];
	return 0;
}

static void write_letter(struct json_out *out, const char *key, const void *field)
{
	if (*(const char *)field)
		json_string(out, key, (char[]){*(const char *)field, '\0'});
}

static const struct bind_custom letter = {read_letter, write_letter};

static void wheel_init(void *w)
{
	((struct wheel *)w)->spare = -1;
}

static const struct bind_row wheel_rows[] = {
	BIND_STRING("make", struct wheel, make, BIND_REQUIRED),
	BIND_U16("size", struct wheel, size, BIND_ALWAYS),
	BIND_INT("spare", struct wheel, spare, BIND_ALWAYS),
};
static const struct bind_table wheel_table = BIND_TABLE(wheel_rows, struct wheel, .strict = true, .init = wheel_init);
static const struct bind_row side_rows[] = {
	BIND_INT("left", struct car, left, 0),
	BIND_INT("right", struct car, right, 0),
};
static const struct bind_table side_table = BIND_TABLE(side_rows, struct car);
static const struct bind_row part_rows[] = {
	BIND_U32("pieces", struct part, pieces, 0),
};
static const struct bind_table part_table = BIND_TABLE(part_rows, struct part);
static const struct bind_row radio_rows[] = {
	BIND_INT("station", struct radio, station, 0),
};
static const struct bind_table radio_table = BIND_TABLE(radio_rows, struct radio);
static const struct bind_row car_rows[] = {
	BIND_STRING("name", struct car, name, 0),
	BIND_BOOL("new", struct car, new, 0),
	BIND_OPT_BOOL("sold", struct car, sold, 0),
	BIND_INT("gear", struct car, gear, 0),
	BIND_I64("km", struct car, km, 0),
	BIND_OPT_I64("debt", struct car, debt, 0),
	BIND_U16("doors", struct car, doors, 0),
	BIND_U32("owner", struct car, owner, BIND_ID),
	BIND_U64("serial", struct car, serial, 0),
	BIND_OPT_U64("price", struct car, price, 0),
	BIND_ENUM("colour", struct car, colour, 0, &colour_names),
	BIND_STRINGS("seats", struct car, seats, 0),
	BIND_U32S("keys", struct car, keys, 0),
	BIND_PAIRS("notes", struct car, notes, 0),
	BIND_OBJECT("fifth", struct car, fifth, 0, &wheel_table),
	BIND_LIST("wheels", struct car, wheels, 0, &wheel_table),
	BIND_GROUP("sides", 0, &side_table),
	BIND_CUSTOM("letter", struct car, letter, 0, &letter),
	BIND_ENUM("fuel", struct car, fuel, 0, &fuel_names),
	BIND_FLAGS("fuels", struct car, fuels, 0, &fuel_names),
	BIND_MAP("parts", struct car, parts, 0, &part_table),
	BIND_OPTIONAL("radio", struct car, radio, &radio_table),
	BIND_STRING("motto", struct car, motto, BIND_NO_EMPTY),
	BIND_BETWEEN("heat", INT, int, struct car, heat, 0, -5, 5),
	BIND_BETWEEN("tax", OPT_U64, struct opt_u64, struct car, tax, 0, 0, 100),
	BIND_REFUSED("wings", "is not for cars"),
};
static const struct bind_table car_table = BIND_TABLE(car_rows, struct car);

static struct arena arena;

static int teardown(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

static const char full[] =
	"{\"name\":\"n\",\"new\":true,\"sold\":false,\"gear\":-2147483648,\"km\":-9223372036854775808,\"debt\":0,"
	"\"doors\":65535,\"owner\":4294967294,\"serial\":18446744073709551615,\"price\":0,\"colour\":\"green\","
	"\"seats\":[\"a\",\"\"],\"keys\":[0,4294967295],\"notes\":{\"z\":\"1\",\"a\":\"\"},"
	"\"fifth\":{\"make\":\"m\",\"size\":0,\"spare\":3},"
	"\"wheels\":[{\"make\":\"x\",\"size\":17,\"spare\":-1},{\"make\":\"y\",\"size\":0,\"spare\":0}],"
	"\"sides\":{\"right\":-5},\"letter\":\"q\","
	"\"fuel\":\"electric\",\"fuels\":[\"petrol\",\"electric\"],"
	"\"parts\":{\"z\":{\"pieces\":4},\"a\":{}},\"radio\":{},\"heat\":-5,\"tax\":100}";

static void every_kind_goes_around(void **state)
{
	struct car c = {0};
	struct err e = {0};

	(void)state;
	if (bind_parse(&car_table, full, strlen(full), &c, &arena, &e) < 0)
		fail_msg("%s", e.what);
	assert_string_equal(c.name, "n");
	assert_true(c.new &&c.sold.has && !c.sold.v &&c.debt.has &&c.price.has);
	assert_int_equal(c.gear, INT_MIN);
	assert_true(c.km == INT64_MIN && c.serial == UINT64_MAX);
	assert_int_equal(c.owner, 4294967294);
	assert_int_equal(c.colour, GREEN);
	assert_int_equal(c.seats.n, 2);
	assert_null(c.seats.v[2]);
	assert_int_equal(c.keys.v[1], 4294967295);
	assert_string_equal(c.notes.v[0].key, "z");
	assert_string_equal(c.notes.v[1].value, "");
	assert_int_equal(c.wheels.n, 2);
	assert_int_equal(c.wheels.v[0].size, 17);
	assert_int_equal(c.right, -5);
	assert_int_equal(c.letter, 'q');
	assert_int_equal(c.fuel, ELECTRIC);
	assert_int_equal(c.fuels, 1 << PETROL | 1 << ELECTRIC);
	assert_int_equal(c.parts.n, 2);
	assert_string_equal(c.parts.v[0].name, "z");
	assert_int_equal(c.parts.v[0].pieces, 4);
	assert_true(c.radio.has);
	/* "fifth" comes back as it was, but its 0 is written: BIND_ALWAYS. */
	assert_string_equal(bind_print(&car_table, &c, JSON_COMPACT, &arena), full);
}

static void what_is_empty_is_left_out(void **state)
{
	struct car c = {0};

	(void)state;
	c.fifth.make = arena_strdup(&arena, "m");
	assert_string_equal(bind_print(&car_table, &c, JSON_COMPACT, &arena), "{\"fifth\":{\"make\":\"m\",\"size\":0,"
									      "\"spare\":0}}");
	assert_string_equal(bind_print(&side_table, &c, JSON_COMPACT, &arena), "{}");
}

static void absent_and_null_leave_defaults(void **state)
{
	struct car c = {.gear = 7, .right = 8};
	static const char text[] = "{\"gear\":null,\"sides\":{},\"unknown\":[1],\"wheels\":[{\"make\":\"m\","
				   "\"spare\":null}],\"wings\":[],\"motto\":\"\"}";

	(void)state;
	assert_int_equal(bind_parse(&car_table, text, strlen(text), &c, &arena, NULL), 0);
	assert_int_equal(c.gear, 7);
	assert_int_equal(c.right, 8);
	assert_int_equal(c.wheels.v[0].spare, -1);
	assert_null(c.motto);
}

static const struct {
	const char *text, *sentence;
} wrong[] = {
	{"[]", "the document: must be an object"},
	{"{\"a\":", "1:6: a value was expected, but the text ends"},
	{"{\"name\":1}", "name: must be a string"},
	{"{\"new\":\"true\"}", "new: must be true or false"},
	{"{\"sold\":0}", "sold: must be true or false"},
	{"{\"gear\":1.0}", "gear: must be an integer"},
	{"{\"gear\":\"1\"}", "gear: must be an integer"},
	{"{\"gear\":2147483648}", "gear: must be between -2147483648 and 2147483647"},
	{"{\"gear\":-99999999999999999999999}", "gear: must be between -2147483648 and 2147483647"},
	{"{\"km\":9223372036854775808}", "km: must be between -9223372036854775808 and 9223372036854775807"},
	{"{\"debt\":1e2}", "debt: must be an integer"},
	{"{\"doors\":65536}", "doors: must be between 0 and 65535"},
	{"{\"doors\":-1}", "doors: must be between 0 and 65535"},
	{"{\"owner\":4294967295}", "owner: must be between 0 and 4294967294"},
	{"{\"serial\":18446744073709551616}", "serial: must be between 0 and 18446744073709551615"},
	{"{\"price\":-1}", "price: must be between 0 and 18446744073709551615"},
	{"{\"colour\":\"blue\"}", "colour: must be one of \"red\", \"green\""},
	{"{\"colour\":1}", "colour: must be one of \"red\", \"green\""},
	{"{\"seats\":\"a\"}", "seats: must be a list of strings"},
	{"{\"seats\":[\"a\",null]}", "seats[1]: must be a string"},
	{"{\"keys\":{}}", "keys: must be a list of integers"},
	{"{\"keys\":[1,2,-3]}", "keys[2]: must be between 0 and 4294967295"},
	{"{\"notes\":[]}", "notes: must be an object of strings"},
	{"{\"notes\":{\"a.b\":1}}", "notes.a.b: must be a string"},
	{"{\"fifth\":[]}", "fifth: must be an object"},
	{"{\"fifth\":{}}", "fifth.make: is missing"},
	{"{\"fifth\":{\"make\":null}}", "fifth.make: is missing"},
	{"{\"wheels\":{}}", "wheels: must be a list of objects"},
	{"{\"wheels\":[{\"make\":\"m\"},3]}", "wheels[1]: must be an object"},
	{"{\"wheels\":[{\"make\":\"m\"},{\"size\":true}]}", "wheels[1].size: must be an integer"},
	{"{\"wheels\":[{\"tyre\":1}]}", "wheels[0].tyre: is not known here"},
	{"{\"sides\":{\"left\":{}}}", "sides.left: must be an integer"},
	{"{\"letter\":\"ab\"}", "letter: must be one letter"},
	{"{\"fuel\":\"\"}", "fuel: must be one of \"petrol\", \"electric\""},
	{"{\"fuels\":\"petrol\"}", "fuels: must be a list of strings"},
	{"{\"fuels\":[\"petrol\",\"red\"]}", "fuels[1]: must be one of \"petrol\", \"electric\""},
	{"{\"parts\":[]}", "parts: must be an object of objects"},
	{"{\"parts\":{\"a\":{},\"b\":null}}", "parts.b: must be an object"},
	{"{\"parts\":{\"a\":{\"pieces\":\"1\"}}}", "parts.a.pieces: must be an integer"},
	{"{\"radio\":[]}", "radio: must be an object"},
	{"{\"radio\":{\"station\":true}}", "radio.station: must be an integer"},
	{"{\"heat\":6}", "heat: must be between -5 and 5"},
	{"{\"heat\":-6}", "heat: must be between -5 and 5"},
	{"{\"tax\":101}", "tax: must be between 0 and 100"},
	{"{\"wings\":2}", "wings: is not for cars"},
};

static void errors_name_the_path(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		struct car c = {0};
		struct err e = {0};

		assert_true(bind_parse(&car_table, wrong[i].text, strlen(wrong[i].text), &c, &arena, &e) < 0);
		assert_string_equal(e.what, wrong[i].sentence);
		assert_true(bind_parse(&car_table, wrong[i].text, strlen(wrong[i].text), &c, &arena, NULL) < 0);
	}
}

static void long_paths_are_cut_with_a_mark(void **state)
{
	struct err e;

	(void)state;
	bind_fail(&e, "wrong");
	for (int i = 0; i < 100; i++)
		bind_fail_at(&e, "a_rather_long_key", 0, -1);
	assert_int_equal(strlen(e.what), sizeof(e.what) - 1);
	assert_string_equal(e.what + strlen(e.what) - 3, "...");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(every_kind_goes_around, teardown),
		cmocka_unit_test_teardown(what_is_empty_is_left_out, teardown),
		cmocka_unit_test_teardown(absent_and_null_leave_defaults, teardown),
		cmocka_unit_test_teardown(errors_name_the_path, teardown),
		cmocka_unit_test_teardown(long_paths_are_cut_with_a_mark, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
