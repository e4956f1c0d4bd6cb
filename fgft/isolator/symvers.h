// SPDX-License-Identifier: GPL-2.0
/* What the kernel and other modules export: Module.symvers. */
#ifndef ISOLATOR_SYMVERS_H
#define ISOLATOR_SYMVERS_H

#include <string>
#include <unordered_set>
#include <vector>

#include "result.h"

namespace isolator {

class Symvers {
      public:
	static Result<Symvers> load(const std::vector<std::string> &paths);

	bool exports(const std::string &symbol) const { return symbols_.count(symbol) != 0; }

      private:
	std::unordered_set<std::string> symbols_;
};

} // namespace isolator

#endif
