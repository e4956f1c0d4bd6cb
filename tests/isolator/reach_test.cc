// SPDX-License-Identifier: GPL-2.0
/* Which functions get a twin, and which are targets of indirect calls. */
#include <algorithm>
#include <fstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "compiler.h"

namespace {

using List = std::vector<std::string>;

struct Reached {
	Reached()
	{
		Outcome compiled = space.compile("reach.c", "entry entry\n", "-fno-inline");

		EXPECT_EQ(compiled.status, 0) << compiled.output;
		std::ifstream(space.path("reach.json")) >> report;
	}

	bool has_twin(const std::string &function) const
	{
		return report["functions"].contains(function);
	}

	bool is_target(const std::string &function) const
	{
		const List targets = report["targets"];

		return std::count(targets.begin(), targets.end(), function) == 1;
	}

	Workspace space;
	nlohmann::json report;
};

TEST(Reach, DirectCallsFromEntries)
{
	Reached reached;

	EXPECT_TRUE(reached.has_twin("entry"));
	EXPECT_TRUE(reached.has_twin("direct"));
	EXPECT_FALSE(reached.is_target("direct"));
	EXPECT_EQ(reached.report["functions"]["direct"]["root"], "entry");
}

TEST(Reach, CallsAsWritten)
{
	Reached reached;
	const nlohmann::json &functions = reached.report["functions"];

	EXPECT_EQ(functions["entry"]["calls"], List({"direct", "k_request", "own_inline"}));
	EXPECT_EQ(functions["by_address"]["calls"], List({"k_pure"}));
	EXPECT_EQ(functions["direct"]["calls"], List());
}

TEST(Reach, InlineFunctionsOfTheDriver)
{
	Reached reached;

	EXPECT_TRUE(reached.has_twin("own_inline"));
	EXPECT_EQ(reached.report["functions"]["own_inline"]["stores"], 1);
}

TEST(Reach, AddressesTakenInReachableBodies)
{
	Reached reached;

	EXPECT_TRUE(reached.has_twin("by_address"));
	EXPECT_TRUE(reached.is_target("by_address"));
	EXPECT_TRUE(reached.is_target("entry"));
	EXPECT_TRUE(reached.is_target("elsewhere"));
	EXPECT_FALSE(reached.has_twin("elsewhere"));
}

TEST(Reach, OpsTablesOfTheDriverButNotOfTheKernel)
{
	Reached reached;

	EXPECT_TRUE(reached.has_twin("in_own_ops"));
	EXPECT_TRUE(reached.is_target("in_own_ops"));
	EXPECT_FALSE(reached.has_twin("in_kernel_ops"));
	EXPECT_FALSE(reached.is_target("in_kernel_ops"));
}

TEST(Reach, NotWhatOnlyProbeReaches)
{
	Reached reached;

	EXPECT_FALSE(reached.has_twin("init_module"));
	EXPECT_FALSE(reached.has_twin("probe"));
	EXPECT_FALSE(reached.has_twin("only_from_probe"));
	EXPECT_FALSE(reached.has_twin("probe_handler"));
}

TEST(Reach, ExternalFunctionsAreRoots)
{
	Reached reached;

	EXPECT_TRUE(reached.has_twin("external_init"));
	EXPECT_EQ(reached.report["functions"]["in_init"]["root"], "external_init");
}

TEST(Reach, TwinsStayInTheirSection)
{
	Reached reached;
	Disassembly text(reached.space.object());

	EXPECT_EQ(text.section("external_init.fgft"), ".init.text");
	EXPECT_EQ(text.section("in_init.fgft"), ".init.text");
	EXPECT_EQ(text.section("direct.fgft"), ".text");
}

} // namespace
