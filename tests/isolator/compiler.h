// SPDX-License-Identifier: GPL-2.0
/* Runs the compiler with the plugin on a tiny C file and reads the object. */
#ifndef TEST_COMPILER_H
#define TEST_COMPILER_H

#include <map>
#include <string>
#include <vector>

struct Instruction {
	std::string mnemonic;
	std::string text;	/* with operands, addresses as objdump prints them */
	uint64_t address;
	std::string target;	/* symbol a relocation names, "" if none */
};

/* The functions of an object file. */
class Disassembly {
      public:
	explicit Disassembly(const std::string &object);

	bool has(const std::string &function) const { return functions_.count(function) != 0; }
	/* Symbols called or jumped to, in the order of the text. */
	std::vector<std::string> calls(const std::string &function) const;
	/* Those of them that start with "__fgft_". */
	std::vector<std::string> hooks(const std::string &function) const;
	/* Mnemonics, without the padding at the end. */
	std::vector<std::string> mnemonics(const std::string &function) const;
	const std::vector<Instruction> &text(const std::string &function) const;
	std::string section(const std::string &function) const;
	unsigned count(const std::string &function, const std::string &symbol) const;

      private:
	std::map<std::string, std::vector<Instruction>> functions_;
	std::map<std::string, std::string> sections_;
};

struct Outcome {
	int status;		/* exit status; 124: it took too long */
	std::string output;	/* both streams */
};

Outcome run(const std::string &command);

/* A directory of the test's own, gone with the object. */
class Workspace {
      public:
	Workspace();
	~Workspace();
	Workspace(const Workspace &) = delete;
	Workspace &operator=(const Workspace &) = delete;

	std::string path(const std::string &name) const { return directory_ + "/" + name; }
	std::string write(const std::string &name, const std::string &text) const;

	/* data/src/@source with the plugin and the given policy and flags. */
	Outcome compile(const std::string &source, const std::string &policy = "",
		    const std::string &flags = "") const;
	/* The same without the plugin, into plain.o. */
	Outcome compile_plain(const std::string &source, const std::string &flags = "") const;
	/* The compiler as the user calls it, with @arguments of the plugin only. */
	Outcome compile_with(const std::string &arguments) const;

	std::string object() const { return path("out.o"); }
	std::string plain_object() const { return path("plain.o"); }

      private:
	std::string directory_;
};

/* Path of a file below tests/isolator/data. */
std::string data(const std::string &name);

/* What the Makefile says: the compiler, the plugin, fgft/ and fgft_strike.h. */
std::string compiler();
std::string plugin();
std::string sources();

#endif
