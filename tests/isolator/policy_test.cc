// SPDX-License-Identifier: GPL-2.0
/* Policy files: what they say and what is wrong with them. */
#include "isolator/policy.h"

#include <gtest/gtest.h>

#include <sstream>
#include <string>

#include "compiler.h"

namespace {

using isolator::Policy;
using isolator::RegisterKind;

/* <bar>:<offset>+<count> of <width> bytes, and where the values are that count */
std::string place(const isolator::Register &reg)
{
	std::ostringstream text;

	text << std::hex << reg.bar << ":" << reg.offset << "+" << reg.count << " of " << reg.width;
	if (reg.mask)
		text << " where " << reg.match << "/" << reg.mask;
	return text.str();
}

TEST(Policy, EntriesAndRegisters)
{
	Workspace space;
	auto policy = Policy::load(space.write("p", "# a comment\n"
						    "entry one   # behind a line\n"
						    "\n"
						    "entry two\n"
						    "register 0:0x0100 plain\n"
						    "register 2:0x5200+128 plain width=2\n"
						    "register 0:16 event mask=0xf0 match=0x10\n"));

	ASSERT_TRUE(policy) << policy.error();
	EXPECT_EQ(policy.value().entries, (std::vector<std::string>{"one", "two"}));
	EXPECT_TRUE(policy.value().has_entry("two"));
	EXPECT_FALSE(policy.value().has_entry("three"));

	const auto &registers = policy.value().registers;

	ASSERT_EQ(registers.size(), 3u);
	EXPECT_EQ(place(registers[0]), "0:100+1 of 4");
	EXPECT_EQ(registers[0].kind, RegisterKind::plain);
	EXPECT_EQ(place(registers[1]), "2:5200+80 of 2");
	EXPECT_EQ(place(registers[2]), "0:10+1 of 4 where 10/f0");
	EXPECT_EQ(registers[2].kind, RegisterKind::event);
}

TEST(Policy, RegistersWithPartners)
{
	Workspace space;
	auto policy = Policy::load(space.write("p", "register 0:0xd0 pair clear=0xd8\n"
						    "register 1:0x60+2 pair clear=0x64 read=0x24\n"
						    "register 0:0xc0 clears raise=0xc8 width=8\n"
						    "register 0:0x2818 relaxed\n"
						    "register 0:0x10 plain keeps=0x77\n"
						    "register 0:0x30+4 paged keeps=0xffff\n"
						    "register 0:0x20 mailbox mask=0xc00 match=0x400 "
						    "read=0x800 done=0x1000 data=0xff\n"));

	ASSERT_TRUE(policy) << policy.error();
	const auto &registers = policy.value().registers;

	ASSERT_EQ(registers.size(), 9u);
	EXPECT_EQ(registers[0].kind, RegisterKind::set);
	EXPECT_EQ(registers[0].offset, 0xd0u);
	EXPECT_EQ(registers[0].partner, 0xd8u);
	EXPECT_EQ(registers[0].status, 0xd0u);
	EXPECT_EQ(registers[3].kind, RegisterKind::clear);
	EXPECT_EQ(registers[3].bar, 1u);
	EXPECT_EQ(registers[3].count, 2u);
	EXPECT_EQ(registers[3].offset, 0x64u);
	EXPECT_EQ(registers[3].partner, 0x60u);
	EXPECT_EQ(registers[3].status, 0x24u);
	EXPECT_EQ(registers[4].kind, RegisterKind::clears);
	EXPECT_EQ(registers[4].partner, 0xc8u);
	EXPECT_EQ(registers[4].width, 8u);
	EXPECT_EQ(registers[5].kind, RegisterKind::relaxed);
	EXPECT_EQ(registers[5].partner, 0u);
	EXPECT_EQ(registers[5].keeps, UINT64_MAX);
	EXPECT_EQ(registers[6].keeps, 0x77u);
	EXPECT_EQ(registers[7].kind, RegisterKind::paged);
	EXPECT_EQ(registers[7].keeps, 0xffffu);
	EXPECT_EQ(registers[8].kind, RegisterKind::mailbox);
	EXPECT_EQ(place(registers[8]), "0:20+1 of 4 where 400/c00");
	EXPECT_EQ(registers[8].partner, 0x800u);
	EXPECT_EQ(registers[8].status, 0x1000u);
	EXPECT_EQ(registers[8].keeps, 0xffu);
}

TEST(Policy, RegistersOfMessages)
{
	Workspace space;
	auto policy = Policy::load(space.write("p", "message 0xf1:0x10+6 plain read=0xf0\n"
						    "message 0xf1:0x25+3 event\n"
						    "message 2:0xffff phy width=2 mask=0x20 match=0x20\n"));

	ASSERT_TRUE(policy) << policy.error();
	const auto &registers = policy.value().registers;

	ASSERT_EQ(registers.size(), 3u);
	EXPECT_EQ(place(registers[0]), "1f1:10+6 of 1");
	EXPECT_EQ(registers[0].kind, RegisterKind::plain);
	EXPECT_EQ(registers[0].partner, 0xf0u);
	EXPECT_EQ(place(registers[1]), "1f1:25+3 of 1");
	EXPECT_EQ(registers[1].kind, RegisterKind::event);
	EXPECT_EQ(place(registers[2]), "102:ffff+1 of 2 where 20/20");
	EXPECT_EQ(registers[2].kind, RegisterKind::phy);
}

class BadLine : public ::testing::TestWithParam<const char *> {};

TEST_P(BadLine, IsNamedWithWhatIsExpected)
{
	Workspace space;
	auto policy = Policy::load(space.write("p", std::string("entry fine\n") + GetParam()));
	const std::string first = std::string(GetParam()).substr(0, std::string(GetParam()).find(' '));
	const std::string word = first == "register" || first == "message" ? first : "entry";
	const std::string start = space.path("p") + ":2: expected '" + word + " <";

	ASSERT_FALSE(policy);
	EXPECT_EQ(policy.error().substr(0, start.size()), start);
}

INSTANTIATE_TEST_SUITE_P(Policy, BadLine,
			 ::testing::Values("entry", "entry a b", "isolate a", "register",
					   "register 0 plain", "register 0:zero plain",
					   "register 0:4", "register 0:4 other",
					   "register 6:4 plain", "register 0:4+0 plain",
					   "register 0:0x100000000 plain",
					   "register 0:4 plain width=3",
					   "register 0:4 plain mask=x",
					   "register 0:4 plain colour=1",
					   "register 0:4 event mask=1 match=2",
					   "register 0:4+ plain", "register 0:4 pair",
					   "register 0:4 clears", "register 0:4 plain clear=8",
					   "register 0:4 pair raise=8",
					   "register 0:4 clears raise=8 read=4",
					   "register 0:4 clears raise=8 read",
					   "register 0:4 pair clear=8 clear=8",
					   "register 0:4 pair clear=0x100000000",
					   "register 0:4 clears raise=8 mask=1 match=1",
					   "register 0:4 relaxed read=4",
					   "register 0:4 event keeps=1", "register 0:4 plain keeps=0",
					   "register 0:4 mailbox",
					   "register 0:4 mailbox mask=3 match=1 read=2 done=4",
					   "register 0:4 mailbox mask=3 match=1 read=2 data=8",
					   "register 0:4 mailbox mask=3 match=1 done=4 data=8",
					   "register 0:4 mailbox mask=3 match=1 read=4 done=4 data=8",
					   "register 0:4 mailbox mask=3 match=1 read=1 done=4 data=8",
					   "register 0:4 mailbox mask=3 match=1 read=2 done=4 data=7",
					   "register 0:4 mailbox mask=3 match=1 read=2 done=4 data=8 width=2",
					   "register :4 plain", "register 0:4 phy", "message",
					   "message 1:2", "message 0x100:2 event",
					   "message 1:0x10000 event", "message 1:2 plain",
					   "message 1:2 doorbell", "message 1:2 event read=3",
					   "message 1:2 plain read=0x100",
					   "message 1:2 plain read=3 read=3",
					   "message 1:2 plain read=3 keeps=1",
					   "message 1:2 event mask=1 match=2",
					   "message 1:2 event width=3",
					   "message 1:2 event width"));

TEST(Policy, EveryEntryButExceptions)
{
	Workspace space;
	auto policy = Policy::load(space.write("p", "entry *\nentry named\n"
						    "except one it must  not\n"));

	ASSERT_TRUE(policy) << policy.error();
	EXPECT_TRUE(policy.value().all);
	EXPECT_EQ(policy.value().why_native("one"), "it must not");
	EXPECT_EQ(policy.value().why_native("two"), "");
	EXPECT_TRUE(policy.value().has_entry("named"));
	EXPECT_FALSE(policy.value().has_entry("two"));
}

class Contradiction : public ::testing::TestWithParam<std::pair<const char *, const char *>> {};

TEST_P(Contradiction, IsNamed)
{
	Workspace space;
	auto policy = Policy::load(space.write("p", GetParam().first));

	ASSERT_FALSE(policy);
	EXPECT_EQ(policy.error(), space.path("p") + GetParam().second);
}

INSTANTIATE_TEST_SUITE_P(
	Policy, Contradiction,
	::testing::Values(
		std::pair{"entry *\nentry *\n", ":2: entry '*' is listed twice: remove one line"},
		std::pair{"entry *\nexcept a b\nentry a\n",
			  ":3: entry 'a' is listed twice: remove one line"},
		std::pair{"entry *\nentry a\nexcept a b\n",
			  ":3: 'a' is listed twice: remove one line"},
		std::pair{"entry *\nexcept a\n", ":2: expected 'except <function> <reason>'"},
		std::pair{"except a b\n",
			  ": 'except' needs 'entry *': what is not listed is native"}));

TEST(Policy, EntryTwice)
{
	Workspace space;
	auto policy = Policy::load(space.write("p", "entry one\nentry one\n"));

	ASSERT_FALSE(policy);
	EXPECT_EQ(policy.error(),
		  space.path("p") + ":2: entry 'one' is listed twice: remove one line");
}

} // namespace
