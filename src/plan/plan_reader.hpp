// The sections of a plan file, each read by a function of its own. All report their mistakes to
// the cursor's diagnostics and go on.
#pragma once

#include <filesystem>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "godwit/plan/plan.hpp"
#include "godwit/schema/yaml_cursor.hpp"

namespace godwit::plan {

/// `folder` is the plan file's: relative paths in a plan start there.
void read_source(const schema::YamlCursor& section, const std::filesystem::path& folder,
                 SourceSpec& source);
void read_tenancy(const schema::YamlCursor& section, Plan& plan);
void read_row_tenancy(const schema::YamlCursor& section, RowTenancy& tenancy);
void read_schema(const schema::YamlCursor& section, const std::filesystem::path& folder,
                 schema::SchemaOptions& options);
void read_clusters(const schema::YamlCursor& section, std::vector<ClusterSpec>& clusters);
/// After the clusters: pins name them.
void read_placement(const schema::YamlCursor& section, const std::vector<ClusterSpec>& clusters,
                    PlacementSpec& placement);
/// "database", or a map that says which databases tenants share.
void read_isolation(const schema::YamlCursor& value, Plan& plan);
void read_waves(const schema::YamlCursor& section, std::vector<WaveSpec>& waves);
void read_copy(const schema::YamlCursor& section, Plan& plan);
void read_follow(const schema::YamlCursor& section, FollowSpec& follow);

/// Reports each of these keys that is there: the plan format has them, this version can't do it.
void refuse_unsupported(const schema::YamlCursor& section,
                        std::initializer_list<std::string_view> keys);
/// Reports a key of this name: secrets stay out of plans.
void refuse_password(const schema::YamlCursor& section);
/// A text that is not empty and holds no control characters.
std::optional<std::string> read_word(const schema::YamlCursor& value);
/// The name of a cluster or wave: letters, digits, '_', '-' and '.', from a letter or digit on.
std::optional<std::string> read_name(const schema::YamlCursor& value);
/// "30%" or "0.5%" as a part of one, within [minimum, maximum].
std::optional<double> read_percentage(const schema::YamlCursor& value, double minimum,
                                      double maximum);
/// A list of patterns, not empty; each checked.
std::vector<std::string> read_patterns(const schema::YamlCursor& list);

}  // namespace godwit::plan
