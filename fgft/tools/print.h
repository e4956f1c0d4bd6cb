/* SPDX-License-Identifier: GPL-2.0 */
/* A dump as text for people, and as JSON. */
#ifndef FGFT_TOOLS_PRINT_H
#define FGFT_TOOLS_PRINT_H

#include <string>

#include "dump_file.h"

namespace fgft {

std::string to_text(const Dump &dump);
std::string to_json(const Dump &dump);

} // namespace fgft

#endif /* FGFT_TOOLS_PRINT_H */
