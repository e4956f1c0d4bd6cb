// SPDX-License-Identifier: GPL-2.0
/*
 * The unit's records (fgft/abi.h) and entry stubs as assembler text.
 *
 * For an entry point f:
 *
 *	f:	nopl 0(%rax,%rax)	patched to "jmp f.stub" by its static key
 *		...			the native function, untouched
 *	f.stub:	lea .Lfgft_entry_f, %rax
 *		jmp __fgft_enter
 *
 * The stub is deliberately no STT_FUNC symbol: objtool follows the jump from
 * inside f, and a jump from one function into another is an error to it.
 */
#include "emit.h"

namespace isolator {
namespace {

const char nop5[] = ".byte 0x0f,0x1f,0x44,0x00,0x00";
const char magic[] = "0x32544e5554464746";	/* FGFT_ABI_MAGIC */

std::string quoted(const std::string &text)
{
	std::string out = "\"";

	for (char c : text) {
		if (c == '"' || c == '\\')
			out += '\\';
		out += c;
	}
	return out + "\"";
}

std::string number(uint64_t value)
{
	return std::to_string(value);
}

class Text {
      public:
	void line(const std::string &text) { text_ += "\t" + text + "\n"; }
	void label(const std::string &name) { text_ += name + ":\n"; }
	void quad(const std::string &value) { line(".quad " + value); }
	void word(const std::string &value) { line(".long " + value); }
	void push(const std::string &section) { line(".pushsection " + section); }
	void pop() { line(".popsection"); }

	/* A pointer to a string in the unit's own read-only section. */
	void string_pointer(const std::string &value)
	{
		const std::string name = ".Lfgft_str_" + number(strings_++);

		push(".rodata.fgft,\"a\",@progbits");
		label(name);
		line(".string " + quoted(value));
		pop();
		quad(name);
	}

	/* struct static_key_false: off, no entries until the module is loaded. */
	void static_key()
	{
		quad("0");
		quad("0");
	}

	const std::string &str() const { return text_; }

      private:
	std::string text_;
	unsigned strings_ = 0;
};

void emit_stub(Text &text, const std::string &name)
{
	text.push(".text,\"ax\",@progbits");
	text.line(".balign 16");
	text.line(".type " + stub_symbol(name) + ",@notype");
	text.label(stub_symbol(name));
	text.line("leaq " + entry_label(name) + "(%rip), %rax");
	text.line("jmp __fgft_enter");
	text.pop();
}

void emit_arguments(Text &text, const EntryPoint &entry)
{
	text.label(".Lfgft_args_" + entry.name);
	for (const auto &argument : entry.arguments) {
		text.string_pointer(argument.type);
		text.word(number(std::min<uint64_t>(argument.size, UINT32_MAX)));
		text.word(number(argument.flags));
	}
}

void emit_entry(Text &text, const EntryPoint &entry)
{
	text.label(entry_label(entry.name));
	text.static_key();
	text.string_pointer(entry.name);
	text.string_pointer(entry.table);
	text.quad(entry.name);
	text.quad(twin_symbol(entry.name));
	text.quad(".Lfgft_args_" + entry.name);
	text.word(number(entry.arguments.size()));
	text.word(number(static_cast<unsigned>(entry.ret)));
	text.quad("0");
}

void emit_register(Text &text, const Register &reg)
{
	text.word(number(reg.bar));
	text.word(number(reg.offset));
	text.word(number(reg.count));
	text.word(number(reg.width));
	text.quad(number(reg.mask));
	text.quad(number(reg.match));
	text.quad(number(static_cast<uint64_t>(reg.kind)));
	text.quad(number(reg.keeps));
	text.word(number(reg.partner));
	text.word(number(reg.status));
}

/* struct fgft_mutants: dormant, no coverage. */
void emit_mutants(Text &text, const Unit &unit)
{
	text.label(mutants_label);
	text.label(armed_label);
	text.quad("0");
	text.quad(number(unit.report.mutants.size()));
	text.quad("0");
}

/* The function that is never called: its jump label leads to the unit. */
void emit_anchor(Text &text)
{
	text.push(".text,\"ax\",@progbits");
	text.line(".type fgft_unit_anchor,@function");
	text.label("fgft_unit_anchor");
	text.label("1");
	text.line(nop5);
	text.label("2");
	text.line("ud2");
	text.line(".size fgft_unit_anchor, . - fgft_unit_anchor");
	text.pop();
	text.push("__jump_table,\"aw\",@progbits");
	text.line(".balign 8");
	text.word("1b - .");
	text.word("2b - .");
	text.quad(".Lfgft_unit - .");
	text.pop();
}

void emit_records(Text &text, const Unit &unit)
{
	text.push(".data.fgft,\"aw\",@progbits");
	text.line(".balign 8");
	for (const auto &entry : unit.entries)
		emit_arguments(text, entry);
	text.label(".Lfgft_entries");
	for (const auto &entry : unit.entries)
		emit_entry(text, entry);
	text.label(".Lfgft_targets");
	for (const auto &target : unit.targets) {
		text.quad(target.native);
		text.quad(target.twin);
	}
	text.label(".Lfgft_regs");
	for (const auto &reg : unit.policy.registers)
		emit_register(text, reg);

	if (!unit.report.mutants.empty())
		emit_mutants(text, unit);
	text.label(".Lfgft_unit");
	text.static_key();
	text.quad(magic);
	text.string_pointer(unit.report.source);
	text.quad(".Lfgft_entries");
	text.quad(number(unit.entries.size()));
	text.quad(".Lfgft_targets");
	text.quad(number(unit.targets.size()));
	text.quad(".Lfgft_regs");
	text.quad(number(unit.policy.registers.size()));
	text.quad(unit.report.mutants.empty() ? "0" : mutants_label);
	text.pop();
}

} // namespace

std::string branch_text(const std::string &name)
{
	return std::string("1:\t") + nop5 + "\n"
	       "\t.pushsection __jump_table,\"aw\",@progbits\n"
	       "\t.balign 8\n"
	       "\t.long 1b - .\n"
	       "\t.long " + stub_symbol(name) + " - .\n"
	       "\t.quad " + entry_label(name) + " - .\n"
	       "\t.popsection";
}

void emit_unit(const Unit &unit)
{
	Text text;

	/* The module's own boilerplate (foo.mod.c) holds no function at all. */
	if (unit.report.twins.empty() && unit.entries.empty())
		return;
	for (const auto &entry : unit.entries)
		emit_stub(text, entry.name);
	emit_records(text, unit);
	emit_anchor(text);
	symtab->finalize_toplevel_asm(build_string(text.str().size() + 1, text.str().c_str()));
}

} // namespace isolator
