// SPDX-License-Identifier: GPL-2.0
/* What the steps of the isolator share about the translation unit at hand. */
#ifndef ISOLATOR_UNIT_H
#define ISOLATOR_UNIT_H

#include "gcc_compat.h"

#include "asm_table.h"
#include "kapi_table.h"
#include "options.h"
#include "policy.h"
#include "report.h"
#include "symvers.h"

namespace isolator {

/* enum fgft_ret of fgft/abi.h */
enum class ReturnKind { none = 0, integer = 1, unsign = 2, boolean = 3, pointer = 4, wide = 5 };

struct EntryArgument {
	std::string type;	/* tag of the record pointed to */
	uint64_t size;
	unsigned flags;		/* FGFT_ARG_* */
};

/* One policy entry defined in this unit. */
struct EntryPoint {
	cgraph_node *native;
	std::string name;
	std::string table;
	ReturnKind ret;
	std::vector<EntryArgument> arguments;
};

/* A function whose address reachable code takes; a symbol pair. */
struct Target {
	std::string native;
	std::string twin;
};

struct Unit {
	Options options;
	KapiTable kapi;
	Policy policy;
	Symvers symvers;
	AsmTable asms;
	Report report;

	bool has_functions = false;
	std::vector<EntryPoint> entries;
	std::vector<Target> targets;
	/* DECL_UID of native entry points, for the pass that emits the branch. */
	std::unordered_map<unsigned, std::string> entry_uids;
	/* Functions reported as unclassed already: one message each. */
	std::set<std::string> reported;
};

/* Symbol names; both sides of a pair are built here and nowhere else. */
static inline std::string twin_symbol(const std::string &native)
{
	return native + ".fgft";
}

/* "e1000_up" of "e1000_up.fgft", of "e1000_up.fgft.part.0" too. */
static inline std::string native_of(const std::string &twin)
{
	return twin.substr(0, twin.find(".fgft"));
}

static inline std::string stub_symbol(const std::string &native)
{
	return native + ".stub";
}

/* The unit's struct fgft_mutants and its first word, in injection builds. */
constexpr const char *mutants_label = ".Lfgft_mutants";
constexpr const char *armed_label = ".Lfgft_armed";

/* The struct fgft_entry of an entry point, local to the object file. */
static inline std::string entry_label(const std::string &native)
{
	return ".Lfgft_entry_" + native;
}

} // namespace isolator

#endif
