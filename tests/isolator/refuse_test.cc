// SPDX-License-Identifier: GPL-2.0
/* Every diagnostic: its place, its text and its remedy. */
#include <gtest/gtest.h>

#include "compiler.h"

namespace {

struct Refusal {
	const char *source;
	const char *line;	/* ":<line>:" the error names */
	const char *error;
	const char *remedy;
	const char *flags;
};

const Refusal refusals[] = {
	{"refuse_unclassed.c", ":6:",
	 "entry points reach kernel function 'k_unclassed', which has no class",
	 "note: add a row for it to", ""},
	{"refuse_asm.c", ":6:",
	 "entry points reach an asm statement with unknown memory effects: 'frob %0'",
	 "note: add its pattern to", ""},
	{"refuse_asm_helper.c", "fake_frob.h:5:",
	 "entry points reach an asm statement with unknown memory effects: 'frob %0'",
	 "note: add a row for the helper it comes from, 'frob', to", ""},
	{"refuse_percpu.c", ":6:",
	 "entry points reach an asm statement with unknown memory effects: 'movl $1,%%gs:%0'",
	 "note: add its pattern to", ""},
	{"refuse_goto.c", ":2:", "entry points reach a computed goto",
	 "note: use a switch, or take the entry that reaches it out of", ""},
	{"refuse_label.c", ":2:",
	 "'entry' cannot be isolated: its body takes the address of a label",
	 "note: it is reached from 'entry': rewrite it, or take the entry out of", ""},
	{"refuse_float.c", ":4:", "entry points reach floating-point code",
	 "note: take the entry that reaches it out of", ""},
	{"refuse_fpu_section.c", ":6:", "entry points reach floating-point code",
	 "note: take the entry that reaches it out of", ""},
	{"refuse_atomic.c", ":4:", "entry points reach kernel function '__atomic_fetch_add_4'",
	 "note: add a row for it to", ""},
	{"refuse_seven.c", ":2:",
	 "entry 'entry' cannot be isolated: it takes 7 arguments, more than six",
	 "note: take the entry out of", ""},
	{"refuse_variadic.c", ":2:",
	 "entry 'entry' cannot be isolated: it takes a variable number of arguments",
	 "note: take the entry out of", ""},
	{"refuse_struct.c", ":3:",
	 "entry 'entry' cannot be isolated: argument 2 is neither an integer nor a pointer",
	 "note: take the entry out of", ""},
	{"refuse_return.c", ":3:",
	 "entry 'entry' cannot be isolated: it returns neither an integer nor a pointer",
	 "note: take the entry out of", ""},
	{"inject.c", ":5:", "no '__fgft_strike' for the fault sites of this unit",
	 "note: build with '-include linux/fgft_strike.h'", "-fplugin-arg-isolator-inject"},
	{"calls.c", "", "'isolator' needs optimisation", "add '-O1' or more", "-O0"},
};

class Refuse : public ::testing::TestWithParam<Refusal> {};

TEST_P(Refuse, SaysWhereAndWhatToDo)
{
	const Refusal &expected = GetParam();
	Workspace space;
	Outcome compiled = space.compile(expected.source, "entry entry\n",
				     expected.flags);

	EXPECT_NE(compiled.status, 0);
	EXPECT_NE(compiled.output.find(expected.error), std::string::npos) << compiled.output;
	EXPECT_NE(compiled.output.find(expected.remedy), std::string::npos) << compiled.output;
	EXPECT_NE(compiled.output.find(expected.line), std::string::npos) << compiled.output;
	EXPECT_EQ(compiled.output.find("internal compiler error"), std::string::npos)
		<< compiled.output;
}

std::string case_name(const ::testing::TestParamInfo<Refusal> &info)
{
	std::string name = info.param.source;

	name = name.substr(0, name.find('.'));
	return *info.param.flags ? name + "_flags" : name;
}

INSTANTIATE_TEST_SUITE_P(All, Refuse, ::testing::ValuesIn(refusals), case_name);

TEST(RefuseOnce, OneMessageAFunction)
{
	Workspace space;
	Outcome compiled = space.compile("refuse_unclassed.c", "entry entry\n");
	const std::string message = "which has no class";
	size_t first = compiled.output.find(message);

	ASSERT_NE(first, std::string::npos);
	EXPECT_EQ(compiled.output.find(message, first + 1), std::string::npos) << compiled.output;
}

/* Asked to survey, the same is no error and stands in the report. */
TEST(Survey, RefusesNothingAndReportsAll)
{
	for (const Refusal &expected : refusals) {
		Workspace space;
		const std::string flags = "-fplugin-arg-isolator-survey -fplugin-arg-isolator-report=" + space.path(".");

		if (*expected.flags)
			continue;
		Outcome compiled = space.compile(expected.source, "entry entry\n", flags);
		/* What is left may be no code for this machine: "frob". */
		EXPECT_EQ(compiled.output.find(expected.error), std::string::npos) << compiled.output;
		const std::string stem = std::string(expected.source).substr(0, std::string(expected.source).find('.'));
		Outcome shown = run("cat " + space.path(stem + ".json") + " " + space.path("out.json"));
		std::string what = expected.error;
		if (what.find("has no class") != std::string::npos || what.find("kernel function") != std::string::npos)
			what = what.substr(what.find('\'') + 1, what.rfind('\'') - what.find('\'') - 1);
		EXPECT_NE(shown.output.find(what), std::string::npos) << expected.source << shown.output;
	}
}

} // namespace
