// SPDX-License-Identifier: GPL-2.0
/* The compiler's reading of the kernel-API table. */
#include "isolator/kapi_table.h"

#include <gtest/gtest.h>

#include "compiler.h"

namespace {

using isolator::KapiTable;

/* The table of a directory with one file of @text. */
struct Table {
	explicit Table(const std::string &text) : path(space.write("t.def", text)) {}

	isolator::Result<KapiTable> load() const { return KapiTable::load(space.path("")); }

	Workspace space;
	std::string path;
};

TEST(KapiTable, RowsOverSeveralLines)
{
	Table table("/* KAPI_PURE(commented */\n"
		    "KAPI_PURE(udelay)\n"
		    "KAPI_UNDO( set_bit, void,\n"
		    "\t   (long nr, volatile unsigned long *addr))\n"
		    "\tKAPI_PURE(indented)\n");
	auto loaded = table.load();

	ASSERT_TRUE(loaded) << loaded.error();
	EXPECT_EQ(loaded.value().size(), 2u);
	EXPECT_TRUE(loaded.value().find("udelay")->pure());
	EXPECT_EQ(loaded.value().find("set_bit")->klass, "UNDO");
	EXPECT_EQ(loaded.value().find("indented"), nullptr);
}

TEST(KapiTable, ClassesDecideWhatIsCalled)
{
	Table table("KAPI_PURE(p)\nKAPI_ALLOC(a)\nKAPI_FREE(f)\nKAPI_MMIO(m)\nKAPI_OTHER(o)\n");
	auto loaded = table.load();

	ASSERT_TRUE(loaded) << loaded.error();
	const KapiTable &rows = loaded.value();

	EXPECT_EQ(rows.find("p")->twin_symbol(), "p");
	EXPECT_EQ(rows.find("a")->twin_symbol(), "fgft_k_a");
	EXPECT_EQ(rows.find("a")->native_symbol(), "fgft_n_a");
	EXPECT_EQ(rows.find("f")->native_symbol(), "fgft_n_f");
	EXPECT_EQ(rows.find("m")->native_symbol(), "m");
	EXPECT_TRUE(rows.find("m")->device_write());
	EXPECT_EQ(rows.find("o")->twin_symbol(), "fgft_k_o");
	EXPECT_FALSE(rows.find("o")->tracked());
}

TEST(KapiTable, Mistakes)
{
	Table bad("KAPI_PURE(ok)\nKAPI_PURE no_bracket\n");
	auto loaded = bad.load();

	ASSERT_FALSE(loaded);
	EXPECT_EQ(loaded.error(), bad.path + ":2: expected KAPI_<CLASS>(<function>, ...");

	Table twice("KAPI_PURE(f)\nKAPI_PURE(f)\nKAPI_FREE(f)\n");
	auto conflict = twice.load();

	ASSERT_FALSE(conflict);
	EXPECT_EQ(conflict.error(), twice.path + ":3: 'f' has class PURE at " + twice.path +
				    ":1 already: remove one of the two rows");
}

TEST(KapiTable, EmptyDirectory)
{
	Workspace space;
	auto loaded = KapiTable::load(space.path(""));

	ASSERT_FALSE(loaded);
	EXPECT_EQ(loaded.error(), space.path("") + " holds no *.def file");
}

} // namespace
