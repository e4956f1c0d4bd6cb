// SPDX-License-Identifier: GPL-2.0
/* Arguments of the plugin: each mistake names the flag and what to do. */
#include "isolator/options.h"

#include <gtest/gtest.h>

#include "compiler.h"

namespace {

using isolator::Argument;
using isolator::parse_options;

const std::vector<Argument> complete = {
	{"kapi", "k", true}, {"policy", "p", true}, {"symvers", "s", true}};

std::vector<Argument> with(const Argument &argument)
{
	std::vector<Argument> all = complete;

	all.push_back(argument);
	return all;
}

std::string error_of(const std::vector<Argument> &arguments)
{
	auto options = parse_options("isolator", arguments);

	return options ? "" : options.error();
}

TEST(Options, Complete)
{
	auto options = parse_options("isolator", complete);

	ASSERT_TRUE(options) << options.error();
	EXPECT_EQ(options.value().kapi, "k");
	EXPECT_EQ(options.value().policy, "p");
	EXPECT_EQ(options.value().symvers, std::vector<std::string>{"s"});
	EXPECT_FALSE(options.value().inject);
	EXPECT_FALSE(options.value().verbose);
}

TEST(Options, FlagsAndRepeats)
{
	auto options = parse_options("isolator", with({"inject", "", false}));

	ASSERT_TRUE(options);
	EXPECT_TRUE(options.value().inject);

	auto two = parse_options("isolator", with({"symvers", "t", true}));

	ASSERT_TRUE(two);
	EXPECT_EQ(two.value().symvers, (std::vector<std::string>{"s", "t"}));
}

TEST(Options, DisableNeedsNothingElse)
{
	auto options = parse_options("isolator", {{"disable", "", false}});

	ASSERT_TRUE(options);
	EXPECT_TRUE(options.value().disable);
}

TEST(Options, Mistakes)
{
	EXPECT_EQ(error_of({}),
		  "-fplugin-arg-isolator-kapi is missing: add "
		  "-fplugin-arg-isolator-kapi=<directory> (the kernel-API table, fgft/kapi)");
	EXPECT_EQ(error_of({complete[0], complete[2]}),
		  "-fplugin-arg-isolator-policy is missing: add "
		  "-fplugin-arg-isolator-policy=<file> (the driver's entry list)");
	EXPECT_EQ(error_of({complete[0], complete[1]}),
		  "-fplugin-arg-isolator-symvers is missing: add "
		  "-fplugin-arg-isolator-symvers=<Module.symvers> (what the kernel exports)");
	EXPECT_EQ(error_of(with({"policy", "", false})),
		  "-fplugin-arg-isolator-policy has no value: write "
		  "-fplugin-arg-isolator-policy=<file>");
	EXPECT_EQ(error_of(with({"inject", "1", true})),
		  "-fplugin-arg-isolator-inject takes no value: write "
		  "-fplugin-arg-isolator-inject");
	EXPECT_EQ(error_of(with({"colour", "red", true})),
		  "-fplugin-arg-isolator-colour is not known: use one of kapi, policy, symvers, "
		  "report, inject, mutants, survey, verbose, disable");
}

/* As the user sees them. */
TEST(Options, CompilerStopsWithOneLine)
{
	Workspace space;
	Outcome outcome = space.compile_with("");

	EXPECT_NE(outcome.status, 0);
	EXPECT_NE(outcome.output.find("isolator: error: -fplugin-arg-isolator-kapi is missing"),
		  std::string::npos)
		<< outcome.output;
}

TEST(Options, MissingFilesAreNamed)
{
	Workspace space;
	const std::string kapi = "-fplugin-arg-isolator-kapi='" + data("kapi") + "' ";
	const std::string policy = "-fplugin-arg-isolator-policy='" + space.path("policy") + "' ";
	const std::string symvers = "-fplugin-arg-isolator-symvers='" + data("Module.symvers") + "' ";
	const std::string none = space.path("none");

	Outcome outcome = space.compile_with(
		"-fplugin-arg-isolator-kapi='" + none + "' " + policy + symvers);
	EXPECT_NE(outcome.output.find("isolator: error: cannot list " + none), std::string::npos)
		<< outcome.output;
	outcome = space.compile_with(kapi + "-fplugin-arg-isolator-policy='" + none + "' " +
				     symvers);
	EXPECT_NE(outcome.output.find("isolator: error: cannot read " + none), std::string::npos)
		<< outcome.output;
	outcome = space.compile_with(kapi + policy + "-fplugin-arg-isolator-symvers='" + none + "'");
	EXPECT_NE(outcome.output.find("isolator: error: cannot read " + none), std::string::npos)
		<< outcome.output;
	outcome = space.compile_with(kapi + policy + symvers + "-fplugin-arg-isolator-report='" +
				     none + "'");
	EXPECT_NE(outcome.status, 0);
	EXPECT_NE(outcome.output.find("cannot write " + none + "/calls.json"), std::string::npos)
		<< outcome.output;
}

TEST(Options, DisableLeavesTheUnitAlone)
{
	Workspace space;
	Outcome outcome = space.compile_with("-fplugin-arg-isolator-disable");

	ASSERT_EQ(outcome.status, 0) << outcome.output;
	EXPECT_FALSE(Disassembly(space.object()).has("calls_twin.fgft"));
}

TEST(Options, VerboseTellsDecisions)
{
	Workspace space;
	Outcome outcome = space.compile("calls.c", "", "-fplugin-arg-isolator-verbose");

	ASSERT_EQ(outcome.status, 0) << outcome.output;
	EXPECT_NE(outcome.output.find("isolator: twin callee reached from calls_twin\n"),
		  std::string::npos)
		<< outcome.output;
	EXPECT_NE(outcome.output.find("isolator: call k_set by its row, UNDO\n"),
		  std::string::npos);
	EXPECT_NE(outcome.output.find("isolator: call other_unit in another unit\n"),
		  std::string::npos);
}

TEST(Plugin, ExportsNothingButItsEntry)
{
	Outcome outcome = run("sh -c \"nm -D --defined-only '" + plugin() + "' | grep -v ' [uvVwW] ' | "
			      "cut -d' ' -f3\"");

	EXPECT_EQ(outcome.output, "plugin_init\nplugin_is_GPL_compatible\n");
}

} // namespace
