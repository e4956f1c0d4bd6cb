// SPDX-License-Identifier: GPL-2.0
/* The arguments of the plugin: one table row each, one message per mistake. */
#include "options.h"

namespace isolator {
namespace {

struct Flag {
	const char *key;
	bool Options::*member;
};

struct Path {
	const char *key;
	const char *value;
	const char *purpose;
};

const Flag flags[] = {
	{"inject", &Options::inject},
	{"mutants", &Options::mutants},
	{"survey", &Options::survey},
	{"verbose", &Options::verbose},
	{"disable", &Options::disable},
};

const Path paths[] = {
	{"kapi", "<directory>", "the kernel-API table, fgft/kapi"},
	{"policy", "<file>", "the driver's entry list"},
	{"symvers", "<Module.symvers>", "what the kernel exports"},
	{"report", "<directory>", "where the JSON reports go"},
};

std::string known_keys()
{
	std::string all;

	for (const auto &path : paths)
		all += std::string(path.key) + ", ";
	for (const auto &flag : flags)
		all += std::string(flag.key) + ", ";
	return all.substr(0, all.size() - 2);
}

bool set_path(Options &options, const std::string &key, const std::string &value)
{
	if (key == "kapi")
		options.kapi = value;
	else if (key == "policy")
		options.policy = value;
	else if (key == "symvers")
		options.symvers.push_back(value);
	else if (key == "report")
		options.report = value;
	else
		return false;
	return true;
}

} // namespace

Result<Options> parse_options(const std::string &name, const std::vector<Argument> &arguments)
{
	const std::string prefix = "-fplugin-arg-" + name + "-";
	Options options;

	for (const auto &argument : arguments) {
		bool known = false;

		for (const auto &flag : flags) {
			if (argument.key != flag.key)
				continue;
			if (argument.has_value)
				return Error{prefix + flag.key + " takes no value: write " +
					     prefix + flag.key};
			options.*flag.member = true;
			known = true;
		}
		for (const auto &path : paths) {
			if (argument.key != path.key)
				continue;
			if (argument.value.empty())
				return Error{prefix + path.key + " has no value: write " + prefix +
					     path.key + "=" + path.value};
			known = set_path(options, argument.key, argument.value);
		}
		if (!known)
			return Error{prefix + argument.key + " is not known: use one of " +
				     known_keys()};
	}
	if (options.disable)
		return options;

	for (const auto &path : paths) {
		bool missing = (path.key == std::string("kapi") && options.kapi.empty()) ||
			       (path.key == std::string("policy") && options.policy.empty()) ||
			       (path.key == std::string("symvers") && options.symvers.empty());

		if (missing)
			return Error{prefix + path.key + " is missing: add " + prefix + path.key +
				     "=" + path.value + " (" + path.purpose + ")"};
	}
	return options;
}

} // namespace isolator
