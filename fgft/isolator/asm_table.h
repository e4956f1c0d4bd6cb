// SPDX-License-Identifier: GPL-2.0
/* Asm statements a twin may contain, by pattern: fgft/kapi/asm.def. */
#ifndef ISOLATOR_ASM_TABLE_H
#define ISOLATOR_ASM_TABLE_H

#include <memory>
#include <string>
#include <vector>

#include "result.h"

namespace isolator {

enum class AsmClass {
	none,		/* writes no memory a transaction has to undo */
	outputs,	/* writes its memory outputs and nothing else */
	percpu,		/* operates on a per-CPU offset the runtime saves itself */
};

class AsmPattern;

class AsmTable {
      public:
	AsmTable();
	~AsmTable();
	AsmTable(AsmTable &&);
	AsmTable &operator=(AsmTable &&);

	/* An absent file is an empty table: every unknown asm is refused. */
	static Result<AsmTable> load(const std::string &path);

	/* The class of an asm template, its blanks squeezed; NULL if not listed. */
	const AsmClass *find(const std::string &text) const;

      private:
	std::vector<std::unique_ptr<AsmPattern>> patterns_;
};

} // namespace isolator

#endif
