// SPDX-License-Identifier: GPL-2.0
/* What the isolator found in one translation unit, written as JSON. */
#ifndef ISOLATOR_REPORT_H
#define ISOLATOR_REPORT_H

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "result.h"

namespace isolator {

struct EntryReport {
	std::string name;
	std::string table;
	uint32_t nargs;
	std::string ret;
};

/* A function whose address the kernel is handed. */
struct CandidateReport {
	std::string table;
	std::string reason;	/* why it is no entry point; "" if it is one */
};

/* Instrumentation of one twin, counted after inlining. */
struct TwinReport {
	std::string root;	/* the entry or external function that reaches it */
	unsigned stores = 0;	/* single stores */
	unsigned ranges = 0;	/* struct copies, memset and their like */
	unsigned asms = 0;	/* asm memory outputs */
	unsigned icalls = 0;
	unsigned loops = 0;
	std::set<std::string> calls;	/* twins and rows, as written: before inlining */
};

struct CallReport {
	std::string klass;
	unsigned count = 0;
	std::set<std::string> from;	/* twins that hold a call */
};

/* A fault that can be woken by its number. */
struct MutantReport {
	unsigned number;
	std::string op;
	std::string family;
	std::string function;
	unsigned line;
};

/* What keeps the unit from being isolated, but for functions without a class. */
struct RefusalReport {
	std::string file;
	unsigned line;
	std::string function;
	std::string what;
};

struct Report {
	std::string source;
	std::vector<EntryReport> entries;
	std::map<std::string, CandidateReport> candidates;
	std::vector<std::string> targets;
	std::vector<std::string> pm_ops;
	std::map<std::string, CallReport> kernel_functions;
	std::set<std::string> other_units;	/* twins this unit expects from another */
	std::map<std::string, std::set<std::string>> unclassed;	/* by function: twins that hold a call */
	std::vector<RefusalReport> refusals;	/* of a survey */
	std::map<std::string, TwinReport> twins;
	unsigned inject_sites = 0;
	std::vector<MutantReport> mutants;

	/* Writes @directory/@stem.json. */
	Result<Done> write(const std::string &directory, const std::string &stem) const;
};

} // namespace isolator

#endif
