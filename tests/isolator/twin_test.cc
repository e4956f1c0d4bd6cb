// SPDX-License-Identifier: GPL-2.0
/* Which calls of a twin and of a native lead where. */
#include <gtest/gtest.h>

#include "compiler.h"

namespace {

using List = std::vector<std::string>;

class Twin : public ::testing::Test {
      protected:
	static void SetUpTestSuite()
	{
		space = new Workspace;
		compiled = new Outcome(space->compile("calls.c"));
		text = new Disassembly(space->object());
	}

	static void TearDownTestSuite()
	{
		delete text;
		delete compiled;
		delete space;
	}

	void SetUp() override { ASSERT_EQ(compiled->status, 0) << compiled->output; }

	/* What @function calls besides the runtime's hooks. */
	static List callees(const std::string &function)
	{
		List rest;

		for (const auto &symbol : text->calls(function))
			if (symbol.compare(0, 7, "__fgft_"))
				rest.push_back(symbol);
		return rest;
	}

	static Workspace *space;
	static Outcome *compiled;
	static Disassembly *text;
};

Workspace *Twin::space;
Outcome *Twin::compiled;
Disassembly *Twin::text;

TEST_F(Twin, CallsTwins)
{
	EXPECT_EQ(callees("calls_twin.fgft"), List{"callee.fgft"});
	EXPECT_EQ(callees("calls_twin"), List{"callee"});
}

TEST_F(Twin, CallsTwinsOfOtherUnits)
{
	EXPECT_EQ(callees("calls_other_unit.fgft"), List{"other_unit.fgft"});
	EXPECT_EQ(callees("calls_other_unit"), List{"other_unit"});
}

TEST_F(Twin, CallsTheKernelByRow)
{
	EXPECT_EQ(callees("calls_pure.fgft"), List{"k_pure"});
	EXPECT_EQ(callees("calls_wrapper.fgft"), List{"fgft_k_k_set"});
	EXPECT_EQ(callees("calls_wrapper"), List{"k_set"});
	EXPECT_EQ(callees("calls_mmio.fgft"), List{"fgft_k_k_write"});
	EXPECT_EQ(callees("calls_mmio"), List{});
}

TEST_F(Twin, RowBeatsInlineBody)
{
	EXPECT_EQ(callees("calls_inline_row.fgft"), List{"fgft_k_k_inline_set"});
	EXPECT_EQ(callees("calls_inline_row"), List{});
}

TEST_F(Twin, PureInlineHelperIsTakenAsItIs)
{
	EXPECT_EQ(callees("calls_pure_inline.fgft"), List{"k_unlisted_inside_pure"});
	EXPECT_EQ(text->hooks("calls_pure_inline.fgft"), List{});
}

TEST_F(Twin, AllocationsAreTrackedInNativesToo)
{
	EXPECT_EQ(callees("calls_alloc.fgft"), List{"fgft_k_k_alloc"});
	EXPECT_EQ(callees("calls_alloc"), List{"fgft_n_k_alloc"});
	EXPECT_EQ(callees("calls_free.fgft"), List{"fgft_k_k_free"});
	EXPECT_EQ(callees("calls_free"), List{"fgft_n_k_free"});
}

TEST_F(Twin, HelpersWithoutRowAreFollowed)
{
	EXPECT_EQ(callees("calls_helper_alloc.fgft"), List{"fgft_k_k_alloc"});
	EXPECT_EQ(callees("calls_helper_alloc"), List{"fgft_n_k_alloc"});
	EXPECT_EQ(callees("calls_helper_always_inline.fgft"),
		  (List{"fgft_k_k_set", "fgft_k_k_set"}));
}

TEST_F(Twin, IndirectCallsAreChecked)
{
	EXPECT_EQ(text->hooks("calls_pointer.fgft"), (List{"__fgft_stack", "__fgft_icall"}));
	EXPECT_EQ(text->hooks("calls_pointer"), List{});
}

TEST_F(Twin, DeadCallsAreNoErrors)
{
	EXPECT_EQ(text->calls("calls_dead.fgft"), List{});
}

TEST_F(Twin, LinkageFollowsTheNative)
{
	Outcome symbols = run("nm '" + space->object() + "'");

	EXPECT_NE(symbols.output.find(" T calls_twin.fgft\n"), std::string::npos);
	EXPECT_NE(symbols.output.find(" t callee.fgft\n"), std::string::npos);
	EXPECT_NE(symbols.output.find(" U other_unit.fgft\n"), std::string::npos);
}

} // namespace
