// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/written_topology.hpp"

#include <filesystem>

namespace matricula::config {

// What must hold between the values of a file. Each rule reports all that it finds and assumes nothing of the
// others.

/// School year and names of [pipeline].
void validate_pipeline(const written_pipeline& pipeline, problem_list& problems);

/// Addresses, topic names and properties of [kafka].
void validate_kafka(const written_kafka& kafka, problem_list& problems);

/// [[source]]: unique names, known kinds, URLs.
void validate_sources(const written_topology& topology, problem_list& problems);

/// [[lane]]: provinces, templates, one source each, no topic twice.
void validate_lanes(const written_topology& topology, problem_list& problems);

/// [[site]]: unique names and databases, topics that a lane produces, targets that are complete in
/// `targets`, settings that they have.
void validate_sites(const written_topology& topology, const std::filesystem::path& targets,
                    problem_list& problems);

/// [[node]]: unique names and addresses, and everything runs somewhere.
void validate_nodes(const written_topology& topology, problem_list& problems);

/// [calendar]: days that exist, ranges that end after they begin, a time zone that may be one.
void validate_calendar(const written_calendar& calendar, problem_list& problems);

/// [limits]: limits that contradict each other, or what [kafka] says of messages.
void validate_limits(const written_topology& topology, problem_list& problems);

}  // namespace matricula::config
