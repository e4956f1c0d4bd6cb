// SPDX-License-Identifier: GPL-2.0
/* Entry points as described in the report and patched into natives. */
#include <fstream>
#include <map>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "compiler.h"

namespace {

using List = std::vector<std::string>;

const char policy[] = "entry opened\nentry set\nentry stop\nentry work\nentry irq\n"
		      "entry get_unsigned\nentry get_bool\nentry get_pointer\nentry spin\n"
		      "entry six\nentry frozen\nentry in_another_unit\n";

const List entries = {"opened",	  "set", "stop", "work", "irq", "get_unsigned", "get_bool",
		      "get_pointer", "spin", "six", "frozen"};

std::map<std::string, nlohmann::json> described(const Workspace &space)
{
	std::map<std::string, nlohmann::json> by_name;
	nlohmann::json report;

	std::ifstream(space.path("entries.json")) >> report;
	for (const auto &entry : report["entries"])
		by_name[entry["name"]] = entry;
	return by_name;
}

TEST(Entry, OnlyThoseDefinedHere)
{
	Workspace space;
	Outcome compiled = space.compile("entries.c", policy);

	ASSERT_EQ(compiled.status, 0) << compiled.output;
	EXPECT_EQ(described(space).size(), entries.size());
	EXPECT_EQ(described(space).count("in_another_unit"), 0u);
}

TEST(Entry, PlacesTheKernelFindsThem)
{
	Workspace space;
	Outcome compiled = space.compile("entries.c", policy);
	auto entry = described(space);

	EXPECT_EQ(entry["set"]["table"], "device_ops.set");
	EXPECT_EQ(entry["stop"]["table"], "device_ops.stop");
	EXPECT_EQ(entry["work"]["table"], "work_struct.func");
	EXPECT_EQ(entry["irq"]["table"], "k_request#1");
	EXPECT_EQ(entry["six"]["table"], "");
}

TEST(Entry, ReturnsAndArguments)
{
	Workspace space;
	Outcome compiled = space.compile("entries.c", policy);
	auto entry = described(space);

	EXPECT_EQ(entry["stop"]["ret"], "void");
	EXPECT_EQ(entry["set"]["ret"], "int");
	EXPECT_EQ(entry["get_unsigned"]["ret"], "uint");
	EXPECT_EQ(entry["get_bool"]["ret"], "bool");
	EXPECT_EQ(entry["get_pointer"]["ret"], "pointer");
	EXPECT_EQ(entry["stop"]["nargs"], 1);
	EXPECT_EQ(entry["six"]["nargs"], 6);
	/* A struct that travels in a register is an argument like any other. */
	EXPECT_EQ(entry["frozen"]["nargs"], 2);
}

nlohmann::json candidates(const Workspace &space)
{
	nlohmann::json report;

	std::ifstream(space.path("handed.json")) >> report;
	return report["candidates"];
}

std::vector<std::string> names(const std::map<std::string, nlohmann::json> &by_name)
{
	std::vector<std::string> list;

	for (const auto &[name, value] : by_name)
		list.push_back(name);
	return list;
}

std::map<std::string, nlohmann::json> handed_entries(const Workspace &space)
{
	std::map<std::string, nlohmann::json> by_name;
	nlohmann::json report;

	std::ifstream(space.path("handed.json")) >> report;
	for (const auto &entry : report["entries"])
		by_name[entry["name"]] = entry;
	return by_name;
}

TEST(EveryEntry, IsWhatTheKernelIsHanded)
{
	Workspace space;
	Outcome compiled = space.compile("handed.c", "entry *\n");

	ASSERT_EQ(compiled.status, 0) << compiled.output;

	auto entry = handed_entries(space);

	EXPECT_EQ(names(entry), (List{"handler", "opened", "set", "starts", "stops"}));
	EXPECT_EQ(entry["starts"]["table"], "module.init");
	EXPECT_EQ(entry["stops"]["table"], "module.exit");
	EXPECT_EQ(entry["handler"]["table"], "k_request#1");
}

TEST(EveryEntry, TellsWhatStaysNativeAndWhy)
{
	Workspace space;
	Outcome compiled = space.compile("handed.c", "entry *\nexcept set the  kernel knows better\n");

	ASSERT_EQ(compiled.status, 0) << compiled.output;

	auto found = candidates(space);

	EXPECT_EQ(found.size(), 7u) << found;
	EXPECT_EQ(found["opened"]["reason"], "");
	EXPECT_EQ(found["set"]["reason"], "the kernel knows better");
	EXPECT_EQ(found["many"]["reason"], "it takes 7 arguments, more than six");
	EXPECT_EQ(found["many"]["table"], "device_ops.stop");
	EXPECT_EQ(found["elsewhere"]["reason"],
		  "its body is in another source file: the policy must list it by name");
	EXPECT_EQ(handed_entries(space).count("set"), 0u);
}

TEST(EveryEntry, IsACandidateWithoutThePolicyToo)
{
	Workspace space;
	Outcome compiled = space.compile("handed.c", "entry opened\n");
	auto found = candidates(space);

	EXPECT_EQ(found["opened"]["reason"], "");
	EXPECT_EQ(found["set"]["reason"], "the policy does not list it");
	EXPECT_EQ(found.count("not_handed"), 0u);
	EXPECT_EQ(found.count("own_step"), 0u);
}

TEST(EveryEntry, TwinsOfInitialisationStayInTheirSection)
{
	Workspace space;
	Outcome compiled = space.compile("handed.c", "entry *\n");
	Disassembly text(space.object());
	nlohmann::json report;

	ASSERT_TRUE(text.has("starts.fgft")) << compiled.output;
	EXPECT_EQ(text.section("starts.fgft"), ".init.text");
	EXPECT_EQ(text.section("stops.fgft"), ".text");

	/* That text is gone when somebody could call it through a pointer. */
	std::ifstream(space.path("handed.json")) >> report;
	for (const auto &target : report["targets"])
		EXPECT_NE(target, "starts");
}

TEST(Entry, PmCallbacksAreFound)
{
	Workspace space;
	Outcome compiled = space.compile("entries.c", policy);
	nlohmann::json report;

	std::ifstream(space.path("entries.json")) >> report;
	EXPECT_EQ(report["dev_pm_ops"], List{"sleepy"});
}

/* With its key off an entry runs the native instructions and one nop. */
void expect_one_nop(const std::string &flags, size_t place)
{
	Workspace space;
	Outcome isolated = space.compile("entries.c", policy, flags);
	Outcome plain = space.compile_plain("entries.c", flags);

	ASSERT_EQ(isolated.status, 0) << isolated.output;
	ASSERT_EQ(plain.status, 0) << plain.output;

	Disassembly with(space.object()), without(space.plain_object());

	for (const auto &function : entries) {
		List expected = without.mnemonics(function);

		expected.insert(expected.begin() + static_cast<long>(place), "nopl");
		EXPECT_EQ(with.mnemonics(function), expected) << function << " " << flags;
	}
	EXPECT_EQ(with.mnemonics("setup"), without.mnemonics("setup"));
}

TEST(Branch, NativeIsUntouchedButForOneNop)
{
	expect_one_nop("", 0);
}

TEST(Branch, StaysBehindLandingPadAndTracer)
{
	expect_one_nop("-fcf-protection=branch", 1);
	expect_one_nop("-pg -mfentry", 1);
	expect_one_nop("-fcf-protection=branch -pg -mfentry", 2);
}

TEST(Branch, IsNotInsideALoopAtTheHead)
{
	Workspace space;
	Outcome compiled = space.compile("entries.c", policy);
	Disassembly text(space.object());
	const auto &body = text.text("spin");
	bool jumps_back = false;

	ASSERT_EQ(body[0].mnemonic, "nopl");
	for (const auto &instruction : body) {
		if (instruction.mnemonic[0] != 'j')
			continue;
		uint64_t to = std::strtoull(instruction.text.c_str() + instruction.mnemonic.size(),
					    nullptr, 16);
		jumps_back |= to <= instruction.address;
		EXPECT_NE(to, body[0].address) << instruction.text;
	}
	EXPECT_TRUE(jumps_back);
}

TEST(Branch, EqualEntriesStayTwo)
{
	Workspace space;
	Outcome compiled = space.compile("same.c", "entry one\nentry two\n");
	Outcome plain = space.compile_plain("same.c");
	Disassembly text(space.object());

	ASSERT_EQ(compiled.status, 0) << compiled.output;
	/* Left alone, GCC turns the second into a jump to the first. */
	EXPECT_EQ(Disassembly(space.plain_object()).calls("two"), List{"one"});
	for (const char *function : {"one", "two"}) {
		const std::string twin = std::string(function) + ".fgft";

		EXPECT_EQ(text.text(function)[0].mnemonic, "nopl");
		EXPECT_EQ(text.count(function, "k_pure"), 3u) << function;
		EXPECT_EQ(text.count(twin, "k_pure"), 3u) << twin;
		EXPECT_EQ(text.count(twin, "__fgft_store4"), 2u) << twin;
	}
}

TEST(Branch, StubLeadsToTheRuntime)
{
	Workspace space;
	Outcome compiled = space.compile("entries.c", policy);
	Disassembly text(space.object());

	for (const auto &function : entries) {
		EXPECT_EQ(text.calls(function + ".stub"), List{"__fgft_enter"}) << function;
		EXPECT_EQ(text.text(function + ".stub")[0].mnemonic, "lea") << function;
	}
}

TEST(Branch, NoEntryNoChange)
{
	Workspace space;
	Outcome isolated = space.compile("entries.c");
	Outcome plain = space.compile_plain("entries.c");
	Disassembly with(space.object()), without(space.plain_object());

	for (const auto &function : entries)
		EXPECT_EQ(with.mnemonics(function), without.mnemonics(function)) << function;
}

} // namespace
