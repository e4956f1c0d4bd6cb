// SPDX-License-Identifier: GPL-2.0
/* The arguments of the plugin, as given with -fplugin-arg-isolator-<key>. */
#ifndef ISOLATOR_OPTIONS_H
#define ISOLATOR_OPTIONS_H

#include <string>
#include <vector>

#include "result.h"

namespace isolator {

struct Argument {
	std::string key;
	std::string value;
	bool has_value;
};

struct Options {
	std::string kapi;		   /* directory with *.def */
	std::string policy;		   /* the driver's entry list */
	std::vector<std::string> symvers;  /* Module.symvers, kernel's and others' */
	std::string report;		   /* directory, empty: no report */
	bool inject = false;
	bool mutants = false;
	bool survey = false;	/* refuse nothing, report all of it */
	bool verbose = false;
	bool disable = false;
};

/* Reads the arguments of plugin @name; the error names the flag to correct. */
Result<Options> parse_options(const std::string &name, const std::vector<Argument> &arguments);

} // namespace isolator

#endif
