// SPDX-License-Identifier: GPL-2.0
/* The kernel-API table as the compiler needs it: the class of a function. */
#ifndef ISOLATOR_KAPI_TABLE_H
#define ISOLATOR_KAPI_TABLE_H

#include <string>
#include <unordered_map>

#include "result.h"

namespace isolator {

struct KapiRow {
	std::string name;
	std::string klass;	/* "PURE", "ALLOC", "MMIO", ... */
	std::string where;	/* file:line of the row */

	/* Called as it is, from twins too. */
	bool pure() const { return klass == "PURE"; }
	/* Tells the runtime about driver memory, in native mode too. */
	bool tracked() const { return klass == "ALLOC" || klass == "FREE"; }
	/* Writes the device. */
	bool device_write() const { return klass == "MMIO"; }
	/* What a twin calls instead. */
	std::string twin_symbol() const { return pure() ? name : "fgft_k_" + name; }
	/* What a native driver function calls instead. */
	std::string native_symbol() const { return tracked() ? "fgft_n_" + name : name; }
};

class KapiTable {
      public:
	/* Reads every *.def of @directory. */
	static Result<KapiTable> load(const std::string &directory);

	/* NULL if @name has no class. */
	const KapiRow *find(const std::string &name) const;
	size_t size() const { return rows_.size(); }

      private:
	Result<Done> add_file(const std::string &path);

	std::unordered_map<std::string, KapiRow> rows_;
};

} // namespace isolator

#endif
