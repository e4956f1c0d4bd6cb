// SPDX-License-Identifier: GPL-2.0
/* Hooks before stores, ranges, asm outputs, in loops and at heads. */
#include <gtest/gtest.h>

#include "compiler.h"

namespace {

using List = std::vector<std::string>;

/* Compiles @source with no entry: its external functions have twins anyway. */
Disassembly twins_of(const Workspace &space, const std::string &source)
{
	Outcome compiled = space.compile(source);

	EXPECT_EQ(compiled.status, 0) << compiled.output;
	return Disassembly(space.object());
}

/* Index of the instruction that calls @symbol. */
size_t call_index(const Disassembly &text, const std::string &function, const std::string &symbol)
{
	const auto &instructions = text.text(function);

	for (size_t i = 0; i < instructions.size(); i++)
		if (instructions[i].target == symbol)
			return i;
	ADD_FAILURE() << function << " does not call " << symbol;
	return 0;
}

TEST(Instrument, HookBySize)
{
	Workspace space;
	Disassembly text = twins_of(space, "stores.c");

	EXPECT_EQ(text.calls("store_byte.fgft"), List{"__fgft_store1"});
	EXPECT_EQ(text.calls("store_half.fgft"), List{"__fgft_store2"});
	EXPECT_EQ(text.calls("store_word.fgft"), List{"__fgft_store4"});
	EXPECT_EQ(text.calls("store_quad.fgft"), List{"__fgft_store8"});
	EXPECT_EQ(text.calls("store_wide.fgft"), List{"__fgft_storen"});
	EXPECT_EQ(text.calls("store_global.fgft"), List{"__fgft_store4"});
	EXPECT_EQ(text.calls("store_volatile.fgft"), List{"__fgft_store4"});
	EXPECT_EQ(text.calls("store_element.fgft"), List{"__fgft_store2"});
}

TEST(Instrument, HookComesBeforeTheStore)
{
	Workspace space;
	Disassembly text = twins_of(space, "stores.c");
	const auto &body = text.text("store_word.fgft");
	size_t hook = call_index(text, "store_word.fgft", "__fgft_store4");

	for (size_t i = 0; i < hook; i++)
		EXPECT_EQ(body[i].text.find("$0x1,("), std::string::npos) << body[i].text;
	bool stored = false;
	for (size_t i = hook; i < body.size(); i++)
		stored |= body[i].text.find("$0x1,(") != std::string::npos;
	EXPECT_TRUE(stored);
}

TEST(Instrument, HookGetsTheValue)
{
	Workspace space;
	Disassembly text = twins_of(space, "stores.c");
	const auto &body = text.text("store_word.fgft");
	size_t hook = call_index(text, "store_word.fgft", "__fgft_store4");
	bool handed = false;

	for (size_t i = 0; i < hook; i++)
		handed |= body[i].text.find("$0x1,%esi") != std::string::npos;
	EXPECT_TRUE(handed);
}

TEST(Instrument, SmashedStacks)
{
	Workspace space;
	Outcome compiled = space.compile("stores.c", "", "-fstack-protector-all");

	ASSERT_EQ(compiled.status, 0) << compiled.output;
	Disassembly text(space.object());

	EXPECT_EQ(text.calls("store_word.fgft"), (List{"__fgft_store4", "__fgft_smashed"}));
	EXPECT_EQ(text.calls("store_word").back(), "__stack_chk_fail");
}

TEST(Instrument, StructsByRange)
{
	Workspace space;
	Disassembly text = twins_of(space, "stores.c");

	EXPECT_EQ(text.hooks("store_struct.fgft"), List{"__fgft_storen"});
	EXPECT_EQ(text.calls("store_result.fgft"),
		  (List{"__fgft_stack", "__fgft_storen", "make_device.fgft"}));
}

TEST(Instrument, BitfieldByItsContainer)
{
	Workspace space;
	Disassembly text = twins_of(space, "stores.c");
	const List hooks = text.hooks("store_bitfield.fgft");

	/*
	 * Neighbours in the same word are written back too; the field before is not.
	 * What the word becomes is not known yet: a range.
	 */
	ASSERT_EQ(hooks.size(), 1u);
	EXPECT_EQ(hooks[0], "__fgft_storen");
	bool address = false;
	for (const auto &instruction : text.text("store_bitfield.fgft"))
		address |= instruction.text.find("0x4(%r") != std::string::npos ||
			   instruction.text.find("$0x4,%r") != std::string::npos;
	EXPECT_TRUE(address);
}

TEST(Instrument, NothingForStackObjectsAndDeadStores)
{
	Workspace space;
	Disassembly text = twins_of(space, "stores.c");

	EXPECT_EQ(text.hooks("store_local.fgft"), List{});
	EXPECT_EQ(text.hooks("store_dead.fgft"), List{"__fgft_store4"});
}

TEST(Instrument, OrderAroundCalls)
{
	Workspace space;
	Disassembly text = twins_of(space, "stores.c");

	EXPECT_EQ(text.calls("store_two.fgft"),
		  (List{"__fgft_stack", "__fgft_store4", "fgft_k_k_set", "__fgft_store8"}));
}

TEST(Instrument, StringFunctionsByRange)
{
	Workspace space;
	Disassembly text = twins_of(space, "strings.c");

	EXPECT_EQ(text.calls("set_range.fgft"), (List{"__fgft_storen", "memset"}));
	EXPECT_EQ(text.calls("copy_range.fgft"), (List{"__fgft_storen", "memcpy"}));
	EXPECT_EQ(text.calls("move_range.fgft"), (List{"__fgft_storen", "memmove"}));
	EXPECT_EQ(text.calls("copy_part.fgft"), (List{"__fgft_storen", "strncpy"}));
	EXPECT_EQ(text.calls("copy_string.fgft"), (List{"strlen", "__fgft_storen", "strcpy"}));
	EXPECT_EQ(text.calls("add_string.fgft"),
		  (List{"strlen", "strlen", "__fgft_storen", "strcat"}));
	EXPECT_EQ(text.count("set_local.fgft", "__fgft_storen"), 0u);
	EXPECT_EQ(text.count("set_local_part.fgft", "__fgft_storen"), 1u);
}

TEST(Instrument, AsmOutputs)
{
	Workspace space;
	Disassembly text = twins_of(space, "assembly.c");

	/* Ranges: the value is known only behind the asm. */
	EXPECT_EQ(text.hooks("plain_output.fgft"), List{"__fgft_storen"});
	EXPECT_EQ(text.hooks("listed_output.fgft"), List{"__fgft_storen"});
	EXPECT_EQ(text.hooks("register_output.fgft"), List{});
	EXPECT_EQ(text.hooks("local_output.fgft"), List{});
	EXPECT_EQ(text.hooks("barrier.fgft"), List{});
	EXPECT_EQ(text.hooks("relax.fgft"), List{});
	EXPECT_EQ(text.hooks("percpu.fgft"), List{});
}

TEST(Instrument, LoopsHaveABudget)
{
	Workspace space;
	Disassembly text = twins_of(space, "loops.c");

	EXPECT_EQ(text.count("counted_by_argument.fgft", "__fgft_loop"), 1u);
	EXPECT_EQ(text.count("short_constant.fgft", "__fgft_loop"), 0u);
	EXPECT_EQ(text.count("long_constant.fgft", "__fgft_loop"), 1u);
	EXPECT_EQ(text.count("polled.fgft", "__fgft_loop"), 1u);
	EXPECT_EQ(text.count("endless.fgft", "__fgft_loop"), 1u);
	EXPECT_EQ(text.count("inferred.fgft", "__fgft_loop"), 1u);
	EXPECT_EQ(text.count("nested.fgft", "__fgft_loop"), 2u);
	EXPECT_GE(text.count("irreducible.fgft", "__fgft_loop"), 1u);
}

TEST(Instrument, StackIsCheckedWhereItGrows)
{
	Workspace space;
	Disassembly text = twins_of(space, "calls.c");

	EXPECT_EQ(text.count("calls_twin.fgft", "__fgft_stack"), 1u);
	EXPECT_EQ(text.count("calls_wrapper.fgft", "__fgft_stack"), 1u);
	EXPECT_EQ(text.count("calls_pointer.fgft", "__fgft_stack"), 1u);
	EXPECT_EQ(text.calls("leaf.fgft"), List{});
}

TEST(Instrument, NativesHaveNoHooks)
{
	for (const char *source : {"stores.c", "strings.c", "assembly.c", "loops.c", "calls.c"}) {
		Workspace space;
		Disassembly text = twins_of(space, source);
		Outcome symbols = run("nm --defined-only '" + space.object() + "'");
		std::string name;
		char type;

		ASSERT_EQ(symbols.status, 0);
		for (size_t at = 0; at < symbols.output.size();) {
			size_t end = symbols.output.find('\n', at);
			const std::string line = symbols.output.substr(at, end - at);

			at = end + 1;
			type = line[17];
			name = line.substr(19);
			if ((type != 'T' && type != 't') ||
			    name.find(".fgft") != std::string::npos || name[0] == '.')
				continue;
			EXPECT_EQ(text.hooks(name), List{}) << name;
		}
	}
}

} // namespace
