// SPDX-License-Identifier: GPL-2.0
/* Instrumented code at work: patched entries, undo log, checked targets. */
#include <gtest/gtest.h>

#include "compiler.h"

namespace {

const char policy[] = "entry update\nentry hang\nentry jump\nentry sum\n"
		      "register 0:0x100 plain\n"
		      "register 1:0x20+4 event width=2 mask=0xff00 match=0x1200\n";

const char expected[] = "source transaction.c\n"
			"entry hang table= ret=1 state/192/5\n"
			"entry jump table= ret=1 state/192/5\n"
			"entry sum table= ret=5 /0/0 /0/0 /0/0 /0/0 /0/0 /0/0\n"
			"entry update table= ret=1 state/192/5 /0/0\n"
			"targets 6\n"
			"reg 0:0x100+1 w4 0/0 kind=1\n"
			"reg 1:0x20+4 w2 0xff00/0x1200 kind=2\n"
			"done\n";

class Transaction : public ::testing::TestWithParam<const char *> {};

TEST_P(Transaction, MemoryIsAsBefore)
{
	Workspace space;
	const std::string program = space.path("program");
	Outcome compiled = space.compile("transaction.c", policy, GetParam());

	ASSERT_EQ(compiled.status, 0) << compiled.output;

	Outcome linked = run(compiler() + " -g -O1 -no-pie -fno-builtin -Wall -I'" + data("include") +
			     "' -I'" + sources() + "' -I'" + data("run") + "' -o '" + program + "' '" +
			     data("run/transaction_main.c") + "' '" + data("run/runtime.c") +
			     "' '" + space.object() + "'");

	ASSERT_EQ(linked.status, 0) << linked.output;

	Outcome ran = run("'" + program + "'");

	EXPECT_EQ(ran.status, 0);
	EXPECT_EQ(ran.output, expected);
}

std::string level(const ::testing::TestParamInfo<const char *> &info)
{
	return std::string(info.param + 1, 2);
}

INSTANTIATE_TEST_SUITE_P(Levels, Transaction, ::testing::Values("-O1", "-O2", "-O3", "-Os"), level);

} // namespace
