// SPDX-License-Identifier: GPL-2.0
/* Module.symvers, asm.def and the helpers they are read with. */
#include <gtest/gtest.h>

#include "isolator/asm_table.h"
#include "compiler.h"
#include "isolator/symvers.h"
#include "isolator/text.h"

namespace {

using isolator::AsmClass;
using isolator::AsmTable;
using isolator::Symvers;

TEST(Symvers, TwoFiles)
{
	Workspace space;
	const std::string a = space.write("a", "0x1\tone\tvmlinux\tEXPORT_SYMBOL\t\n");
	const std::string b = space.write("b", "0x2\ttwo\tfgft/fgft\tEXPORT_SYMBOL_GPL\tNS\n");
	auto symvers = Symvers::load({a, b});

	ASSERT_TRUE(symvers) << symvers.error();
	EXPECT_TRUE(symvers.value().exports("one"));
	EXPECT_TRUE(symvers.value().exports("two"));
	EXPECT_FALSE(symvers.value().exports("vmlinux"));
}

TEST(Symvers, NotSuchAFile)
{
	Workspace space;
	auto symvers = Symvers::load({space.write("a", "ffffffff81000000 T _text\n")});

	ASSERT_FALSE(symvers);
	EXPECT_EQ(symvers.error(), space.path("a") + ":1: not a Module.symvers line: give the file "
				   "of the kernel's build directory");
}

TEST(AsmTable, FirstMatchDecides)
{
	Workspace space;
	auto table = AsmTable::load(space.write("asm.def", "# comment\n\n"
							   "none /^$/ barrier\n"
							   "outputs /^lock; inc/ atomic\n"
							   "percpu /%%gs:/ counter\n"
							   "none /a\\/b/ slash inside\n"));

	ASSERT_TRUE(table) << table.error();
	EXPECT_EQ(*table.value().find(""), AsmClass::none);
	EXPECT_EQ(*table.value().find("lock; incl %0"), AsmClass::outputs);
	EXPECT_EQ(*table.value().find("incl %%gs:%0"), AsmClass::percpu);
	EXPECT_NE(table.value().find("a/b"), nullptr);
	EXPECT_EQ(table.value().find("cli"), nullptr);
}

TEST(AsmTable, AbsentFileIsEmpty)
{
	Workspace space;
	auto table = AsmTable::load(space.path("none"));

	ASSERT_TRUE(table);
	EXPECT_EQ(table.value().find(""), nullptr);
}

TEST(AsmTable, Mistakes)
{
	for (const char *line : {"none", "none /x/", "other /x/ why", "none x why", "/x/ why"}) {
		Workspace space;
		auto table = AsmTable::load(space.write("asm.def", line));

		ASSERT_FALSE(table) << line;
		EXPECT_EQ(table.error(), space.path("asm.def") + ":1: expected 'none|outputs|percpu "
					 "/<expression>/ <reason>'");
	}

	Workspace space;
	auto table = AsmTable::load(space.write("asm.def", "none /(/ why\n"));

	ASSERT_FALSE(table);
	EXPECT_EQ(table.error().compare(0, space.path("asm.def").size() + 4,
					space.path("asm.def") + ":1: "), 0);
}

/* The list drivers are built with has to be readable. */
TEST(AsmTable, OursLoads)
{
	auto table = AsmTable::load(sources() + "/kapi/asm.def");

	ASSERT_TRUE(table) << table.error();
	EXPECT_NE(table.value().find(""), nullptr);
	EXPECT_NE(table.value().find("mfence"), nullptr);
	EXPECT_EQ(table.value().find("movl %1,%0"), nullptr);
	EXPECT_EQ(table.value().find("cli"), nullptr);
}

TEST(Text, NumbersAndBlanks)
{
	EXPECT_EQ(isolator::parse_number("0x10"), 16u);
	EXPECT_EQ(isolator::parse_number("12"), 12u);
	EXPECT_FALSE(isolator::parse_number("12k"));
	EXPECT_FALSE(isolator::parse_number("-1"));
	EXPECT_FALSE(isolator::parse_number(""));
	EXPECT_FALSE(isolator::parse_number("0x10000000000000000"));
	EXPECT_EQ(isolator::squeeze_blanks(" a\n\t b  "), "a b");
	EXPECT_EQ(isolator::split_words("a b # c"), (std::vector<std::string>{"a", "b"}));
}

} // namespace
