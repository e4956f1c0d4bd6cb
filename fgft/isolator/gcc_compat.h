// SPDX-License-Identifier: GPL-2.0
/*
 * GCC's internal headers, in the one order that compiles, and everything that
 * differs between GCC versions.  No other file tests GCCPLUGIN_VERSION.
 *
 * The C++ library comes first: GCC's system.h poisons names it uses.
 */
#ifndef ISOLATOR_GCC_COMPAT_H
#define ISOLATOR_GCC_COMPAT_H

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "gcc-plugin.h"
#include "plugin-version.h"

#include "backend.h"
#include "tree.h"
#include "gimple.h"
#include "rtl.h"
#include "target.h"
#include "tree-pass.h"
#include "context.h"
#include "cgraph.h"
#include "gimple-iterator.h"
#include "gimple-ssa.h"
#include "ssa.h"
#include "tree-cfg.h"
#include "stringpool.h"
#include "attribs.h"
#include "fold-const.h"
#include "gimplify.h"
#include "gimple-expr.h"
#include "gimplify-me.h"
#include "tree-into-ssa.h"
#include "tree-ssanames.h"
#include "tree-dfa.h"
#include "tree-ssa-address.h"
#include "cfgloop.h"
#include "tree-ssa-loop.h"
#include "tree-ssa-loop-niter.h"
#include "tree-scalar-evolution.h"
#include "cfganal.h"
#include "basic-block.h"
#include "cfghooks.h"
#include "function.h"
#include "stmt.h"
#include "memmodel.h"
#include "emit-rtl.h"
#include "internal-fn.h"
#include "insn-constants.h"
#include "diagnostic.h"
#include "intl.h"
#include "options.h"
#include "toplev.h"
#include "asan.h"
#include "print-tree.h"

namespace isolator {

/* A copy of @node with its own body; NULL if the body cannot be copied. */
static inline cgraph_node *compat_version_function(cgraph_node *node, const char *suffix)
{
	return node->create_version_clone_with_body(vNULL, nullptr, nullptr, nullptr, nullptr, suffix,
						    NULL_TREE);
}

static inline void compat_set_not_local(cgraph_node *node)
{
	node->local = false;
}

static inline const char *compat_main_input(void)
{
	return main_input_filename ? main_input_filename : "";
}

} // namespace isolator

#endif
