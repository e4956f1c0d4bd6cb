// SPDX-License-Identifier: GPL-2.0
/* Fault sites, and the faults they wake. */
#include <set>

#include <gtest/gtest.h>

#include "compiler.h"

namespace {

using List = std::vector<std::string>;

std::string flags()
{
	return "-fplugin-arg-isolator-inject -include '" + sources() +
	       "/include/linux/fgft_strike.h'";
}

struct Injected {
	Injected()
	{
		Outcome compiled = space.compile("inject.c", "entry entry\n", flags());

		EXPECT_EQ(compiled.status, 0) << compiled.output;
	}

	/* The numbers handed to __fgft_inject_site() in @function. */
	static std::set<uint32_t> sites(const Disassembly &text, const std::string &function)
	{
		std::set<uint32_t> found;
		uint32_t last = 0;

		for (const auto &instruction : text.text(function)) {
			size_t at = instruction.text.find("$0x");

			if (at != std::string::npos &&
			    instruction.text.find(",%edi") != std::string::npos)
				last = static_cast<uint32_t>(std::strtoull(
					instruction.text.c_str() + at + 1, nullptr, 16));
			if (instruction.target == "__fgft_inject_site")
				found.insert(last);
		}
		return found;
	}

	static List kinds(const std::set<uint32_t> &sites)
	{
		List all;

		for (uint32_t site : sites)
			all.push_back(std::to_string(site >> 28));
		return all;
	}

	Workspace space;
};

TEST(Inject, StoresDeviceWritesAndReturnsOfEntries)
{
	Injected injected;
	Disassembly text(injected.space.object());

	EXPECT_EQ(Injected::kinds(Injected::sites(text, "entry")), (List{"1", "2", "3"}));
	EXPECT_EQ(Injected::kinds(Injected::sites(text, "helper")), List{"1"});
	/* A store inside a kernel helper is not the driver's. */
	EXPECT_EQ(Injected::kinds(Injected::sites(text, "no_entry")), List{});
}

TEST(Inject, TwinHasTheSitesOfItsNative)
{
	Injected injected;
	Disassembly text(injected.space.object());

	EXPECT_EQ(Injected::sites(text, "entry.fgft"), Injected::sites(text, "entry"));
	EXPECT_EQ(Injected::sites(text, "helper.fgft"), Injected::sites(text, "helper"));
}

TEST(Inject, SiteComesAfterTheStore)
{
	Injected injected;
	Disassembly text(injected.space.object());
	bool stored = false;

	for (const auto &instruction : text.text("helper")) {
		stored |= instruction.text.find("movl   $0x1,0x4(%rdi)") != std::string::npos;
		EXPECT_TRUE(stored || instruction.target != "__fgft_inject_site");
	}
	EXPECT_TRUE(stored);
}

TEST(Inject, EntriesAreBracketed)
{
	Injected injected;
	Disassembly text(injected.space.object());

	for (const char *function : {"entry", "entry.fgft"}) {
		const List hooks = text.hooks(function);

		EXPECT_EQ(text.count(function, "__fgft_inject_enter"), 1u) << function;
		EXPECT_EQ(text.count(function, "__fgft_inject_leave"), 1u) << function;
		ASSERT_GE(hooks.size(), 2u);
		EXPECT_TRUE(hooks[0] == "__fgft_inject_enter" || hooks[1] == "__fgft_inject_enter");
	}
	EXPECT_EQ(text.count("no_entry", "__fgft_inject_enter"), 0u);
}

TEST(Inject, TwinStrikesInItsOwnCode)
{
	Injected injected;
	Disassembly text(injected.space.object());

	EXPECT_GE(text.count("entry.fgft", "__fgft_strike.fgft"), 1u);
	EXPECT_EQ(text.count("entry.fgft", "__fgft_strike"), 0u);
	EXPECT_GE(text.count("entry", "__fgft_strike"), 1u);
}

TEST(Inject, EveryFaultIsInTheStrike)
{
	Injected injected;
	Disassembly text(injected.space.object());

	for (const char *function : {"__fgft_strike", "__fgft_strike.fgft"}) {
		std::multiset<std::string> mnemonics;

		for (const auto &instruction : text.text(function))
			mnemonics.insert(instruction.mnemonic);
		EXPECT_EQ(mnemonics.count("idiv"), 1u) << function;
		EXPECT_EQ(mnemonics.count("ud2"), 1u) << function;
		EXPECT_EQ(mnemonics.count("pause"), 1u) << function;
	}
	EXPECT_EQ(text.count("__fgft_strike", "fgft_n_k_free"), 1u);
	EXPECT_EQ(text.count("__fgft_strike.fgft", "fgft_k_k_free"), 1u);
	EXPECT_EQ(text.count("__fgft_strike.fgft", "__fgft_store8"), 1u);
	EXPECT_EQ(text.count("__fgft_strike.fgft", "__fgft_loop"), 1u);
}

TEST(Inject, NothingWithoutTheFlag)
{
	Workspace space;
	Outcome compiled = space.compile("inject.c", "entry entry\n");
	Disassembly text(space.object());

	ASSERT_EQ(compiled.status, 0) << compiled.output;
	EXPECT_EQ(text.hooks("entry"), List{});
}

} // namespace
