// SPDX-License-Identifier: GPL-2.0
/* Runs the compiler with the plugin on a tiny C file and reads the object. */
#include "compiler.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <sys/wait.h>

#include <gtest/gtest.h>

namespace {

/* Text as the kernel's is made: no alignment inside functions, no unwind tables, no red zone. */
const char common_flags[] = "-O2 -g -fno-pie -mno-red-zone -fcf-protection=none -falign-jumps=1 -falign-loops=1 "
			    "-fno-asynchronous-unwind-tables -Wno-missing-prototypes -c ";

std::string quote(const std::string &word)
{
	return "'" + word + "'";
}

bool starts_with(const std::string &text, const std::string &prefix)
{
	return text.compare(0, prefix.size(), prefix) == 0;
}

std::string setting(const char *name)
{
	const char *value = std::getenv(name);

	if (!value) {
		std::fprintf(stderr, "%s is not set: run make -C tests/isolator check\n", name);
		std::exit(2);
	}
	return value;
}

std::string plugin_arguments(const Workspace &space)
{
	const std::string prefix = " -fplugin-arg-isolator-";

	return quote("-fplugin=" + plugin()) + prefix + "kapi=" + quote(data("kapi")) + prefix +
	       "policy=" + quote(space.path("policy")) + prefix +
	       "symvers=" + quote(data("Module.symvers")) + prefix +
	       "report=" + quote(space.path(""));
}

/* "1c: call 21 <f+0x5>" as objdump writes it; false for any other line. */
bool parse_instruction(const std::string &line, Instruction &instruction)
{
	size_t colon = line.find(":\t");

	if (line.empty() || line[0] != ' ' || colon == std::string::npos)
		return false;
	instruction.address = std::strtoull(line.c_str(), nullptr, 16);
	instruction.text = line.substr(colon + 2);
	instruction.mnemonic = instruction.text.substr(0, instruction.text.find(' '));
	return true;
}

/* "\t\t\t1d: R_X86_64_PLT32\t__fgft_stack-0x4": the symbol, without addend. */
std::string parse_relocation(const std::string &line)
{
	size_t tab = line.rfind('\t');
	std::string symbol;

	if (line.find(": R_X86_64_") == std::string::npos || tab == std::string::npos)
		return "";
	symbol = line.substr(tab + 1);
	return symbol.substr(0, symbol.find_first_of("+-"));
}

} // namespace

std::string data(const std::string &name)
{
	return setting("TEST_DATA") + "/" + name;
}

std::string compiler()
{
	return setting("TEST_CC");
}

std::string plugin()
{
	return setting("TEST_PLUGIN");
}

std::string sources()
{
	return setting("TEST_SOURCES");
}

Outcome run(const std::string &command)
{
	FILE *pipe = popen(("LC_ALL=C timeout -k 5 60 " + command + " 2>&1").c_str(), "r");
	Outcome result = {-1, ""};
	char chunk[4096];

	if (!pipe)
		return result;
	while (size_t n = fread(chunk, 1, sizeof(chunk), pipe))
		result.output.append(chunk, n);

	int status = pclose(pipe);

	result.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	return result;
}

Workspace::Workspace()
{
	std::string pattern = ::testing::TempDir() + "isolatorXXXXXX";

	if (!mkdtemp(pattern.data()))
		std::abort();
	directory_ = pattern;
	write("policy", "");
}

Workspace::~Workspace()
{
	std::error_code ignored;

	std::filesystem::remove_all(directory_, ignored);
}

std::string Workspace::write(const std::string &name, const std::string &text) const
{
	std::ofstream(path(name)) << text;
	return path(name);
}

Outcome Workspace::compile(const std::string &source, const std::string &policy,
		       const std::string &flags) const
{
	write("policy", policy);
	return run(compiler() + " " + common_flags + plugin_arguments(*this) + " -I" +
		   quote(data("include")) + " " + flags + " -o " + quote(object()) + " " +
		   quote(data("src/" + source)));
}

Outcome Workspace::compile_plain(const std::string &source, const std::string &flags) const
{
	return run(compiler() + " " + common_flags + " -I" + quote(data("include")) + " " +
		   flags + " -o " + quote(plain_object()) + " " + quote(data("src/" + source)));
}

Outcome Workspace::compile_with(const std::string &arguments) const
{
	return run(compiler() + " -O2 -c -I" + quote(data("include")) + " " +
		   quote("-fplugin=" + plugin()) + " " + arguments + " -o " + quote(object()) + " " +
		   quote(data("src/calls.c")));
}

Disassembly::Disassembly(const std::string &object)
{
	Outcome dump = run("objdump -dr -z --no-show-raw-insn " + quote(object));
	std::istringstream in(dump.output);
	std::string line, section, function;
	Instruction instruction;

	EXPECT_EQ(dump.status, 0) << dump.output;
	while (std::getline(in, line)) {
		size_t open = line.find(" <");

		if (starts_with(line, "Disassembly of section ")) {
			section = line.substr(23, line.size() - 24);
		} else if (!line.empty() && std::isxdigit(line[0]) && open != std::string::npos &&
			   line.back() == ':') {
			function = line.substr(open + 2, line.size() - open - 4);
			functions_[function];
			sections_[function] = section;
		} else if (parse_instruction(line, instruction)) {
			functions_[function].push_back(instruction);
		} else if (!parse_relocation(line).empty() && !functions_[function].empty()) {
			functions_[function].back().target = parse_relocation(line);
		}
	}
}

const std::vector<Instruction> &Disassembly::text(const std::string &function) const
{
	static const std::vector<Instruction> none;
	auto it = functions_.find(function);

	EXPECT_NE(it, functions_.end()) << "no function " << function;
	return it == functions_.end() ? none : it->second;
}

std::vector<std::string> Disassembly::calls(const std::string &function) const
{
	std::vector<std::string> symbols;

	for (const auto &instruction : text(function)) {
		const bool call = instruction.mnemonic == "call" || instruction.mnemonic == "jmp";
		size_t open = instruction.text.find('<');

		if (!call)
			continue;
		if (!instruction.target.empty()) {
			symbols.push_back(instruction.target);
		} else if (open != std::string::npos) {
			/* Resolved inside the section: "call 20 <callee.fgft>". */
			std::string symbol = instruction.text.substr(open + 1);

			symbol = symbol.substr(0, symbol.size() - 1);
			if (symbol.find('+') == std::string::npos && symbol != function)
				symbols.push_back(symbol);
		}
	}
	return symbols;
}

std::vector<std::string> Disassembly::hooks(const std::string &function) const
{
	std::vector<std::string> symbols;

	for (const auto &symbol : calls(function))
		if (starts_with(symbol, "__fgft_"))
			symbols.push_back(symbol);
	return symbols;
}

std::vector<std::string> Disassembly::mnemonics(const std::string &function) const
{
	std::vector<std::string> all;

	for (const auto &instruction : text(function))
		all.push_back(instruction.mnemonic);
	while (!all.empty() && (starts_with(all.back(), "nop") || all.back() == "xchg" ||
				all.back() == "data16" || all.back() == "cs"))
		all.pop_back();
	return all;
}

std::string Disassembly::section(const std::string &function) const
{
	auto it = sections_.find(function);

	return it == sections_.end() ? "" : it->second;
}

unsigned Disassembly::count(const std::string &function, const std::string &symbol) const
{
	unsigned n = 0;

	for (const auto &call : calls(function))
		n += call == symbol;
	return n;
}
