// SPDX-License-Identifier: GPL-2.0
/* Mutants: where they are, that they sleep, and what each does awake. */
#include <fstream>
#include <set>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "compiler.h"

namespace {

using json = nlohmann::json;

/* A frame only; its name is what the isolator looks for. */
const char acts[] = "static __attribute__((noinline, used)) void __fgft_mutant_act(int act, void *p)\n"
		    "{ if (act) *(volatile int *)p = act; }\n";

class Mutants : public ::testing::Test {
      protected:
	static void SetUpTestSuite()
	{
		space = new Workspace;

		const std::string header = space->write("acts.h", acts);

		compiled = space->compile("mutants.c", "entry handler\nentry requesting\n",
					  "-fplugin-arg-isolator-mutants -include '" + header + "'");
		if (compiled.status)
			return;
		linked = run(compiler() + " -g -O1 -no-pie -fno-builtin -Wall -I'" + data("include") +
			     "' -I'" + sources() + "' -I'" + sources() + "/include/linux' -I'" +
			     data("run") + "' -o '" + space->path("program") + "' '" +
			     data("run/mutants_main.c") + "' '" + data("run/runtime.c") + "' '" +
			     space->object() + "'");

		std::ifstream report(space->path("mutants.json"));

		mutants = json::parse(report)["mutants"];
	}

	static void TearDownTestSuite()
	{
		delete space;
	}

	void SetUp() override
	{
		ASSERT_EQ(compiled.status, 0) << compiled.output;
		ASSERT_EQ(linked.status, 0) << linked.output;
	}

	/* Numbers of the mutants of one kind in a function, in its order. */
	static std::vector<unsigned> numbers(const std::string &function, const std::string &op)
	{
		std::vector<unsigned> found;

		for (const auto &mutant : mutants)
			if (mutant["function"] == function && mutant["operator"] == op)
				found.push_back(mutant["number"]);
		return found;
	}

	static Outcome call(unsigned number, const std::string &function)
	{
		return run("'" + space->path("program") + "' " + std::to_string(number) + " " +
			   function);
	}

	static Workspace *space;
	static Outcome compiled, linked;
	static json mutants;
};

Workspace *Mutants::space;
Outcome Mutants::compiled, Mutants::linked;
json Mutants::mutants;

/* Result, frees and strikes; what a function does asleep and awake. */
struct Case {
	const char *function;
	const char *op;
	const char *asleep;
	const char *awake;
};

const Case cases[] = {
	{"arithmetic", "wrong-constant", "17 0 0\n", "13 0 1\n"},
	{"arithmetic", "wrong-arithmetic", "17 0 0\n", "16 0 1\n"},
	{"arithmetic", "uninitialised-local", "17 0 0\n", "1515870810 0 1\n"},
	{"arithmetic", "wrong-return", "17 0 0\n", "16 0 1\n"},
	{"bounded", "off-by-one", "5 0 0\n", "6 0 7\n"},
	{"bounded", "loop-bound", "5 0 0\n", "69 0 70\n"},
	{"guarded", "missing-check", "-1 0 0\n", "1 0 1\n"},
	{"guarded", "inverted-branch", "-1 0 0\n", "1 0 1\n"},
	{"parameters", "wrong-parameter", "5 0 0\n", "0 0 1\n"},
	{"parameters", "corrupt-parameter", "5 0 0\n", "-3 0 1\n"},
	{"parameters", "missing-call", "5 0 0\n", "0 0 1\n"},
	{"assigned", "missing-assignment", "302 0 0\n", "102 0 1\n"},
	{"assigned", "wrong-field", "302 0 0\n", "103 0 1\n"},
	{"erring", "ignored-error", "-5 0 0\n", "100 0 1\n"},
	{"freeing", "double-free", "0 1 0\n", "0 2 1\n"},
	{"freeing", "leak", "0 1 0\n", "0 0 1\n"},
	{"allocating", "failed-allocation", "1 0 0\n", "0 0 1\n"},
	{"copying", "copy-overrun", "0 0 0\n", "88 0 1\n"},
	{"locking", "missing-lock", "101 0 0\n", "0 0 1\n"},
	{"locking", "missing-unlock", "101 0 0\n", "1 0 1\n"},
	{"locking", "double-lock", "101 0 0\n", "203 0 1\n"},
	{"locking", "double-unlock", "101 0 0\n", "201 0 1\n"},
	{"device", "all-ones-read", "16 0 0\n", "-1 0 1\n"},
	{"device", "never-ready", "16 0 0\n", "0 0 1\n"},
	{"device", "stuck-high", "16 0 0\n", "286331153 0 1\n"},
	{"device", "stuck-low", "16 0 0\n", "0 0 1\n"},
	{"device", "wrong-register-value", "16 0 0\n", "17 0 1\n"},
	{"device", "missing-register-write", "16 0 0\n", "0 0 1\n"},
	{"handler", "lost-interrupt", "1 0 0\n", "0 0 1\n"},
	{"handler", "spurious-interrupt", "1 0 0\n", "1 0 2\n"},
};

TEST_F(Mutants, DoWhatTheirNameSays)
{
	for (const auto &each : cases) {
		const auto found = numbers(each.function, each.op);

		ASSERT_FALSE(found.empty()) << each.function << " " << each.op;
		EXPECT_EQ(call(0, each.function).output, each.asleep) << each.op;
		EXPECT_EQ(call(found[0], each.function).output, each.awake)
			<< each.function << " " << each.op;
	}
}

TEST_F(Mutants, NumbersAreTheirOwn)
{
	std::set<unsigned> seen, places;

	for (const auto &mutant : mutants) {
		const unsigned number = mutant["number"];

		EXPECT_TRUE(seen.insert(number).second);
		EXPECT_TRUE(places.insert(number & 0xffffff).second);
		EXPECT_GE(number >> 24, 1u);
	}
	EXPECT_EQ(*places.rbegin() + 1, mutants.size());
}

TEST_F(Mutants, NoFunctionCountsForMoreThanAnother)
{
	std::map<std::string, unsigned> count;

	for (const auto &mutant : mutants) {
		const std::string key = mutant["function"].get<std::string>() + " " +
					mutant["operator"].get<std::string>();

		EXPECT_LE(++count[key], 2u) << key;
	}
}

/* Numbers handed to __fgft_mutant() in @function. */
std::set<std::string> handed(const Disassembly &text, const std::string &function)
{
	std::set<std::string> found;

	for (const auto &instruction : text.text(function)) {
		size_t at = instruction.text.find(",%esi");

		if (at != std::string::npos && instruction.text.find("$0x") != std::string::npos)
			found.insert(instruction.text);
	}
	return found;
}

TEST_F(Mutants, TwinHasThoseOfItsNative)
{
	Disassembly text(space->object());

	EXPECT_FALSE(handed(text, "handler").empty());
	EXPECT_EQ(handed(text, "handler.fgft"), handed(text, "handler"));
}

TEST_F(Mutants, AssertionsOfTheCompilerAreLeftAlone)
{
	Workspace other;
	const std::string header = other.write("acts.h", acts);
	Outcome built = other.compile("assertions.c", "entry checked\n",
				      "-fplugin-arg-isolator-mutants -include '" + header + "'");

	EXPECT_EQ(built.status, 0) << built.output;
}

TEST(MutantsOff, NothingWithoutTheFlag)
{
	Workspace other;
	Outcome built = other.compile("mutants.c", "entry handler\n");

	ASSERT_EQ(built.status, 0) << built.output;

	Disassembly text(other.object());

	EXPECT_EQ(text.count("handler", "__fgft_mutant"), 0u);
	EXPECT_EQ(text.count("handler.fgft", "__fgft_mutant"), 0u);
}

} // namespace
