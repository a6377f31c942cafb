// SPDX-License-Identifier: Apache-2.0
#include "actors/apply/postgres_session.hpp"

#include "actors/apply/postgres_array.hpp"
#include "actors/apply/postgres_bookkeeping.hpp"
#include "actors/apply/postgres_text.hpp"
#include "messages/hashing.hpp"

#include <absl/container/flat_hash_set.h>

#include <algorithm>
#include <iterator>
#include <stdexcept>
#include <utility>

namespace matricula {
namespace {

constexpr std::size_t copy_chunk_bytes = 256U << 10;
constexpr std::size_t quarantined_bytes_max = 64U << 10;

constexpr const char* swap_sql =
    "update matricula.positions set next_offset = $4, revision = greatest(revision, $5::bigint) "
    "where topic = $1 and partition = $2 and next_offset = $3";
constexpr const char* begin_position_sql =
    "insert into matricula.positions (topic, partition, next_offset, revision) values ($1, $2, $3, $4) "
    "on conflict do nothing";
constexpr const char* effects_sql = "select effect, sum(records)::bigint from effect group by effect";
constexpr const char* refused_effects_sql =
    "insert into effect (classroom, effect, records) "
    "select classroom, 'refused', count(*) from unnest($1::text[]) as classroom group by classroom";
constexpr const char* quarantine_sql =
    "insert into matricula.outbox (kind, key, value) "
    "select 'quarantine', 'site/' || $1::text || '/' || r.key, json_build_object('key', r.key, 'site', "
    "$1::text, 'topic', $2::text, "
    "'partition', $3::integer, 'offset', r.place, 'revision', r.revision, 'reason', r.reason, 'text', "
    "r.text, "
    "'record', r.record, 'record_bytes', r.bytes, 'at', now()) "
    "from unnest($4::text[], $5::bigint[], $6::bigint[], $7::text[], $8::text[], $9::text[], $10::bigint[]) "
    "as r (key, place, revision, reason, text, record, bytes)";

/// The first five of a key's seven parts; nothing if it has fewer.
std::string_view classroom_of(std::string_view key) {
  std::size_t end = 0;
  for (int part = 0; part < 5; ++part) {
    end = key.find('/', end + (part == 0 ? 0 : 1));
    if (end == std::string_view::npos)
      return {};
  }
  return key.substr(0, end);
}

/// Whether the record at this index is one of the first `known` of these.
bool is_among(const std::vector<refused_record>& refused, std::size_t known, std::size_t index) {
  return std::any_of(refused.begin(), refused.begin() + static_cast<std::ptrdiff_t>(known),
                     [index](const auto& one) { return one.index == index; });
}

/// Appends to `refused` the records whose keys the database would not even take as a question.
void refuse_broken_keys(const site_batch& batch, batch_range range, std::vector<refused_record>& refused) {
  const auto known = refused.size();
  for (auto i = range.first; i < range.last; ++i) {
    if (is_storable(batch.records[i].key))
      continue;
    if (!is_among(refused, known, i))
      refused.push_back({i, failure{error_code::record_not_utf8, "key: not UTF-8"}});
  }
}

/// Those that were refused after the first `known`.
std::vector<refused_record> newly_refused(const std::vector<refused_record>& all, std::size_t known) {
  return {all.begin() + static_cast<std::ptrdiff_t>(known), all.end()};
}

/// What the target's session.sql says (docs/targets.md): set matricula.unread_lists = 'teachers, timetable'.
staged_lists lists_to_stage(pqxx::transaction_base& work) {
  const auto unread =
      work.exec1("select coalesce(current_setting('matricula.unread_lists', true), '')")[0].as<std::string>();
  return {.teachers = unread.find("teachers") == std::string::npos,
          .timetable = unread.find("timetable") == std::string::npos};
}

finding::grade grade_of(const std::string& text) {
  if (text == "fine")
    return finding::grade::fine;
  if (text == "late")
    return finding::grade::late;
  if (text == "wrong")
    return finding::grade::wrong;
  throw std::runtime_error{"a grade is fine, late or wrong"};
}

/// Where the effects of a target's steps are counted (docs/targets.md).
constexpr std::pair<std::string_view, std::uint64_t applied_counts::*> counted_effects[] = {
    {"created", &applied_counts::created},
    {"changed", &applied_counts::changed},
    {"withdrawn", &applied_counts::withdrawn},
    {"held", &applied_counts::held},
};

std::int64_t as_bigint(std::uint64_t number) { return static_cast<std::int64_t>(number); }

}  // namespace

postgres_session::postgres_session(site_settings site)
    : site_(std::move(site)) {}

postgres_session::~postgres_session() = default;

template <class Body>
auto postgres_session::guarded(Body body, error_code refused) -> decltype(body()) {
  try {
    return body();
  } catch (...) {
    auto why =
        postgres_failure(connection_.get(), address_.printable + ", " + place() + ", " + doing_, refused);
    if (why.code == error_code::database_unavailable)
      disconnect();
    return why;
  }
}

/// For an error's text: the site, and what of Kafka is read for it, if anything.
std::string postgres_session::place() const {
  auto text = "site " + site_.name;
  if (!from_.topic.empty())
    text += ", " + from_.topic + "[" + std::to_string(from_.partition) + "]";
  return text;
}

failure postgres_session::not_open() const {
  return failure{error_code::database_unavailable, "PostgreSQL at " + address_.printable + ", site " +
                                                       site_.name + ": not connected. It is opened again."};
}

failure postgres_session::position_moved(std::int64_t expected) const {
  return failure{error_code::partition_lost, place() + ": the stored offset is not " +
                                                 std::to_string(expected) + ". Another owner went on."};
}

result<done> postgres_session::read_settings() {
  auto address = postgres_address::read(site_.database.reveal(), "matricula " + site_.name);
  if (!address)
    return address.error();
  address_ = std::move(*address);
  auto loaded = target::load(site_.target_directory, site_.settings);
  if (!loaded)
    return loaded.error();
  target_ = std::move(*loaded);
  return done{};
}

result<stored_position> postgres_session::open(const topic_partition& from) {
  disconnect();
  from_ = from;
  if (const auto read = read_settings(); !read)
    return read.error();
  auto position = guarded(
      [&]() -> result<stored_position> {
        connect();
        install();
        return read_position();
      },
      error_code::target_broken);  // no record is in hand yet
  if (!position)
    disconnect();
  return position;
}

void postgres_session::connect() {
  doing_ = "connecting";
  connection_ = std::make_unique<postgres_connection>(address_);
  pqxx::nontransaction{*connection_}.exec(std::string{session_settings_sql()});
  set_site_settings(*connection_, site_);
}

void postgres_session::disconnect() {
  rehearsal_.reset();
  connection_.reset();
}

void postgres_session::install() {
  install_schemas(*connection_, target_, doing_);
  pqxx::nontransaction work{*connection_};
  set_up(work);
}

void postgres_session::set_up(pqxx::transaction_base& work) {
  doing_ = "the staging table";
  work.exec(std::string{staging_tables_sql()});
  doing_ = target_.session.name;
  work.exec(target_.session.sql);
  encoder_ = copy_encoder{lists_to_stage(work)};

  const auto prepare = [&](const std::string& name, const std::string& sql) {
    doing_ = name;
    connection_->prepare(name, sql);
    connection_->prepare_now(name);
  };
  prepare("swap", swap_sql);
  prepare("begin_position", begin_position_sql);
  prepare("effects", effects_sql);
  prepare("refused_effects", refused_effects_sql);
  prepare("quarantine", quarantine_sql);
  prepare(target_.differs.name, target_.differs.sql);
  for (const auto& step : target_.steps)
    prepare(step.name, step.sql);
  prepare(target_.outcomes.name, target_.outcomes.sql);
}

stored_position postgres_session::read_position() {
  doing_ = "matricula.positions";
  const auto rows = pqxx::nontransaction{*connection_}.exec_params(
      "select next_offset, revision from matricula.positions where topic = $1 and partition = $2",
      from_.topic, from_.partition);
  stored_position position;
  if (!rows.empty()) {
    position.next_offset = rows[0][0].as<std::int64_t>();
    position.revision_applied = static_cast<revision_t>(rows[0][1].as<std::int64_t>());
  }
  revision_applied_ = position.revision_applied;
  return position;
}

std::vector<postgres_session::candidate>
postgres_session::newest_of_each_key(const site_batch& batch, batch_range range,
                                     const std::vector<refused_record>& refused) const {
  std::vector<bool> skipped(range.last - range.first);
  for (const auto& one : refused)
    if (one.index >= range.first && one.index < range.last)
      skipped[one.index - range.first] = true;

  std::vector<candidate> all;
  all.reserve(range.last - range.first);
  for (auto i = range.first; i < range.last; ++i)
    if (!skipped[i - range.first])
      all.push_back({as_bigint(key_hash_of(batch.records[i].key)), static_cast<std::uint32_t>(i)});
  std::sort(all.begin(), all.end());

  const auto key_of = [&](const candidate& one) { return batch.records[one.index].key; };
  const auto revision_of = [&](const candidate& one) { return batch.records[one.index].revision; };
  auto kept = all.begin();
  for (const auto& each : all) {
    auto same_hash = kept;
    while (same_hash != all.begin() && std::prev(same_hash)->key_hash == each.key_hash)
      --same_hash;
    const auto before =
        std::find_if(same_hash, kept, [&](const candidate& one) { return key_of(one) == key_of(each); });
    if (before == kept) {
      *kept++ = each;
      continue;
    }
    if (revision_of(each) >= revision_of(*before))
      before->index = each.index;
    before->overtook = true;
  }
  all.erase(kept, all.end());
  return all;
}

std::optional<rejection> postgres_session::read(const consumed_record& consumed) {
  if (auto rejected = reader_.read(consumed.value, record_))
    return rejected;
  key_.clear();
  append_key(record_, key_);
  if (key_ != consumed.key)
    return failure{error_code::field_value, "key: the message's is not its record's"};
  return std::nullopt;
}

std::vector<postgres_session::candidate>
postgres_session::newest_readable(const site_batch& batch, batch_range range,
                                  std::vector<refused_record>& refused) {
  auto all = newest_of_each_key(batch, range, refused);
  // The others are read when they are staged: nothing has given way to them.
  absl::flat_hash_set<std::string_view> in_doubt;
  for (const auto& one : all)
    if (one.overtook && read(batch.records[one.index]))
      in_doubt.insert(batch.records[one.index].key);
  if (in_doubt.empty())
    return all;
  const auto known = refused.size();
  for (auto i = range.first; i < range.last; ++i)
    if (in_doubt.contains(batch.records[i].key) && !is_among(refused, known, i))
      if (auto rejected = read(batch.records[i]))
        refused.push_back({i, std::move(*rejected)});
  return newest_of_each_key(batch, range, refused);
}

std::vector<std::uint32_t> postgres_session::places_of(const std::vector<candidate>& candidates) {
  std::vector<std::uint32_t> places;
  places.reserve(candidates.size());
  for (const auto& one : candidates)
    places.push_back(one.index);
  std::sort(places.begin(), places.end());
  return places;
}

bool postgres_session::are_all_newer(const site_batch& batch,
                                     const std::vector<candidate>& candidates) const {
  return std::all_of(candidates.begin(), candidates.end(), [&](const candidate& one) {
    return batch.records[one.index].revision > revision_applied_;
  });
}

std::vector<std::uint32_t> postgres_session::differing(pqxx::transaction_base& work, const site_batch& batch,
                                                       const std::vector<candidate>& candidates,
                                                       applied_counts& counts) {
  if (candidates.empty())
    return {};
  using element = postgres_array::element;
  postgres_array keys{element::text}, key_hashes{element::bigint}, content_hashes{element::bigint},
      revisions{element::bigint};
  for (const auto& one : candidates) {
    const auto& record = batch.records[one.index];
    keys.append(record.key);
    key_hashes.append(one.key_hash);
    content_hashes.append(record.content_hash);
    revisions.append(record.revision);
  }
  doing_ = target_.differs.name;
  const auto rows = work.exec_prepared(target_.differs.name, keys.parameter(), key_hashes.parameter(),
                                       content_hashes.parameter(), revisions.parameter());
  counts.unchanged += candidates.size() - rows.size();
  std::vector<std::uint32_t> indices;
  indices.reserve(rows.size());
  for (const auto row : rows) {
    if (row[1].as<bool>())
      ++counts.superseded;
    else
      indices.push_back(candidates.at(row[0].as<std::size_t>() - 1).index);
  }
  std::sort(indices.begin(), indices.end());
  return indices;
}

bool postgres_session::swap_offset(pqxx::transaction_base& work, std::int64_t expected, std::int64_t next,
                                   revision_t revision) {
  doing_ = "matricula.positions";
  if (work.exec_prepared("swap", from_.topic, from_.partition, expected, next, as_bigint(revision))
          .affected_rows() == 1)
    return true;
  // A partition never seen has no row, which stands for the offset 0.
  return expected == 0 &&
         work.exec_prepared("begin_position", from_.topic, from_.partition, next, as_bigint(revision))
                 .affected_rows() == 1;
}

std::size_t postgres_session::stage(const site_batch& batch, const std::vector<std::uint32_t>& indices,
                                    std::vector<refused_record>& refused) {
  doing_ = "COPY batch";
  static const std::string copy_sql =
      "copy pg_temp.batch (" + std::string{copy_encoder::columns} + ") from stdin";
  postgres_connection::copy_in copy{*connection_, copy_sql.c_str()};
  encoder_.clear();
  std::int32_t ordinal = 0;
  for (const auto index : indices) {
    const auto& consumed = batch.records[index];
    if (auto rejected = read(consumed)) {
      refused.push_back({index, std::move(*rejected)});
      continue;
    }
    encoder_.append({.ordinal = ++ordinal,
                     .key = consumed.key,
                     .classroom = classroom_of(consumed.key),
                     .key_hash = key_hash_of(consumed.key),
                     .content_hash = consumed.content_hash,
                     .revision = consumed.revision,
                     .record = record_});
    if (encoder_.rows().size() >= copy_chunk_bytes) {
      copy.send(encoder_.rows());
      encoder_.clear();
    }
  }
  copy.send(encoder_.rows());
  copy.finish();
  return static_cast<std::size_t>(ordinal);
}

void postgres_session::quarantine(pqxx::transaction_base& work, const site_batch& batch,
                                  const std::vector<refused_record>& refused) {
  if (refused.empty())
    return;
  using element = postgres_array::element;
  postgres_array keys{element::text}, offsets{element::bigint}, revisions{element::bigint},
      reasons{element::text}, texts{element::text}, records{element::text}, sizes{element::bigint},
      classrooms{element::text};
  for (const auto& one : refused) {
    const auto& consumed = batch.records[one.index];
    const auto key = storable_text(consumed.key, quarantined_bytes_max);
    keys.append(key);
    offsets.append(consumed.offset);
    revisions.append(consumed.revision);
    reasons.append(name_of(one.reason.code));
    texts.append(storable_text(one.reason.text, quarantined_bytes_max));
    records.append(storable_text(consumed.value, quarantined_bytes_max));
    sizes.append(std::uint64_t{consumed.value.size()});
    if (const auto classroom = classroom_of(key); !classroom.empty())
      classrooms.append(classroom);
  }
  doing_ = "matricula.outbox";
  work.exec_prepared("quarantine", site_.name, from_.topic, from_.partition, keys.parameter(),
                     offsets.parameter(), revisions.parameter(), reasons.parameter(), texts.parameter(),
                     records.parameter(), sizes.parameter());
  work.exec_prepared("refused_effects", classrooms.parameter());
}

void postgres_session::run_steps(pqxx::transaction_base& work) {
  for (const auto& step : target_.steps) {
    doing_ = step.name;
    work.exec_prepared(step.name);
  }
}

void postgres_session::count_effects(pqxx::transaction_base& work, std::size_t staged,
                                     applied_counts& counts) {
  doing_ = "effect";
  std::uint64_t written = 0;
  for (const auto row : work.exec_prepared("effects")) {
    const auto effect = row[0].as<std::string>();
    const auto records = row[1].as<std::uint64_t>();
    for (const auto& [name, count] : counted_effects)
      if (effect == name)
        counts.*count += records;
    if (effect != "held" && effect != "refused")
      written += records;
  }
  counts.superseded += staged - std::min<std::uint64_t>(staged, written);
}

result<site_store::applied> postgres_session::apply(const site_batch& batch, batch_range range,
                                                    const std::vector<refused_record>& refused,
                                                    std::int64_t expected, std::int64_t next) {
  if (!connection_)
    return not_open();
  return guarded([&]() -> result<applied> {
    applied outcome;
    auto& counts = outcome.counts;
    auto all_refused = refused;
    refuse_broken_keys(batch, range, all_refused);
    const auto candidates = newest_readable(batch, range, all_refused);
    counts.superseded += range.last - range.first - candidates.size() - all_refused.size();
    const auto news = [&] {
      if (are_all_newer(batch, candidates))
        return places_of(candidates);
      pqxx::nontransaction look{*connection_};
      return differing(look, batch, candidates, counts);
    }();
    if (news.empty() && all_refused.empty()) {
      outcome.offset_stored = false;
      return outcome;
    }

    revision_t revision = 0;
    for (auto i = range.first; i < range.last; ++i)
      revision = std::max(revision, batch.records[i].revision);
    doing_ = "begin";
    pqxx::work work{*connection_};
    // The tables may have grown a hundredfold since the statements were planned.
    work.exec("discard plans");
    // No timeout ends a COPY whose sender has fallen silent, so it holds no lock yet.
    const auto staged = stage(batch, news, all_refused);
    if (!swap_offset(work, expected, next, revision))
      return position_moved(expected);
    run_steps(work);
    count_effects(work, staged, counts);
    quarantine(work, batch, all_refused);
    doing_ = target_.outcomes.name;
    work.exec_prepared(target_.outcomes.name);
    doing_ = "commit";
    work.commit();
    revision_applied_ = std::max(revision_applied_, revision);
    outcome.refused = newly_refused(all_refused, refused.size());
    return outcome;
  });
}

result<postgres_session::decided_portion> postgres_session::decide(const decision_order& order) {
  if (!connection_)
    return not_open();
  const auto& file = order.what == decision::reject ? target_.reject : target_.approve;
  if (file.sql.empty())
    return failure{error_code::target_broken, "target " + target_.name + ", site " + site_.name +
                                                  ": it holds no withdrawals back (docs/targets.md)"};
  return guarded([&]() -> result<decided_portion> {
    doing_ = "begin";
    pqxx::work work{*connection_};
    work.exec("discard plans");
    work.exec_params("select set_config('matricula.centre', $1, true), "
                     "set_config('matricula.state', $2, true), set_config('matricula.until', $3, true)",
                     order.centre, order.what == decision::approve_rejected ? "rejected" : "held",
                     order.until);
    decided_portion portion;
    doing_ = file.name;
    for (const auto row : work.exec(file.sql)) {
      portion.centres.push_back({row["centre"].as<std::string>(), row["people"].as<std::uint64_t>(),
                                 row["enrolments"].as<std::uint64_t>()});
      portion.again = portion.again || row["again"].as<bool>();
    }
    if (order.what != decision::reject && !portion.centres.empty())
      run_steps(work);
    doing_ = "commit";
    work.commit();
    return portion;
  });
}

result<postgres_session::calendar_portion> postgres_session::turn(const calendar_order& order) {
  if (!connection_)
    return not_open();
  if (target_.calendar.sql.empty())
    return calendar_portion{};
  return guarded([&]() -> result<calendar_portion> {
    doing_ = "begin";
    pqxx::work work{*connection_};
    work.exec("discard plans");
    work.exec_params("select set_config('matricula.deletion_year', $1, true), "
                     "set_config('matricula.deletion_classrooms', $2, true)",
                     order.deletion_year, std::to_string(order.deletion_classrooms));
    if (!order.today.empty())
      work.exec_params("select set_config('matricula.today', $1, true)", order.today);
    calendar_portion portion;
    doing_ = target_.calendar.name;
    for (const auto row : work.exec(target_.calendar.sql)) {
      portion.entries.push_back({row["what"].as<std::string>(), row["year"].as<std::string>(""),
                                 row["number"].as<std::uint64_t>()});
      portion.again = portion.again || row["again"].as<bool>();
    }
    if (portion.again) {
      run_steps(work);
      applied_counts counts;
      count_effects(work, 0, counts);
      portion.held = counts.held;
    }
    doing_ = "commit";
    work.commit();
    return portion;
  });
}

failure postgres_session::without_undo() const {
  return failure{error_code::target_broken, "target " + target_.name + ", site " + site_.name +
                                                ": it puts nothing back, as it has no undo.sql "
                                                "(docs/targets.md)"};
}

postgres_session::undo_portion postgres_session::read_undo(pqxx::transaction_base& work,
                                                           const std::string& since, const char* mode) {
  // What is done while the undo goes on is not a part of it: the first call's moment holds for the session.
  work.exec_params("select set_config('matricula.undo', $1, true), set_config('matricula.undo_since', $2, "
                   "true), set_config('matricula.undo_until', coalesce(nullif(current_setting("
                   "'matricula.undo_until', true), ''), now()::text), false)",
                   mode, since);
  undo_portion portion;
  doing_ = target_.undo.name;
  for (const auto row : work.exec(target_.undo.sql)) {
    portion.again = portion.again || row["again"].as<bool>();
    planned_change what{row["centre"].as<std::string>(), row["kind"].as<std::string>(),
                        row["effect"].as<std::string>(), row["id"].as<std::string>()};
    if (what.kind == "journal")
      portion.begins = what.id;
    else
      portion.changes.push_back({std::move(what), row["refused"].as<std::string>()});
  }
  return portion;
}

result<postgres_session::undo_portion> postgres_session::undo(const std::string& since) {
  if (!connection_)
    return not_open();
  if (target_.undo.sql.empty())
    return without_undo();
  return guarded([&]() -> result<undo_portion> {
    doing_ = "begin";
    pqxx::work work{*connection_};
    work.exec("discard plans");
    work.exec("set local statement_timeout = '10min'");  // the first portion may look at what all will do
    auto portion = read_undo(work, since, "do");
    if (!portion.changes.empty()) {
      for (const auto& part : target_.parts_of_undo) {
        doing_ = part.name;
        work.exec(part.sql);
      }
      run_steps(work);
      doing_ = target_.outcomes.name;
      work.exec_prepared(target_.outcomes.name);
    }
    doing_ = "commit";
    work.commit();
    return portion;
  });
}

result<postgres_session::undo_portion> postgres_session::look_back(const std::string& since) {
  if (const auto opened = open_rehearsal(); !opened)
    return opened.error();
  if (target_.undo.sql.empty())
    return without_undo();
  return guarded([&]() -> result<undo_portion> {
    rehearsal_->exec("set local statement_timeout = '10min'");  // all at once, and nobody waits for it
    return read_undo(*rehearsal_, since, "show");
  });
}

/// Begins the transaction of which nothing stays.
void postgres_session::begin_rehearsal() {
  connect();
  // Whoever plans reads from Kafka between two statements.
  pqxx::nontransaction{*connection_}.exec("set idle_in_transaction_session_timeout = '60s'");
  rehearsal_ = std::make_unique<pqxx::work>(*connection_);
}

result<partition_offsets> postgres_session::open_rehearsal() {
  disconnect();
  if (const auto read = read_settings(); !read)
    return read.error();
  return guarded(
      [&]() -> result<partition_offsets> {
        begin_rehearsal();
        // Of a site that runs, an upgrade would lock the tables until the end. One that has read nothing does not.
        if (is_of_another_version(*rehearsal_, target_) && !read_offsets(*rehearsal_).empty())
          return failure{error_code::target_broken,
                         "site " + site_.name + ": its tables were made by another version of the target " +
                             target_.name + "; start the site first, which brings them up to date"};
        install_schemas_in(*rehearsal_, target_, doing_);
        set_up(*rehearsal_);
        return read_offsets(*rehearsal_);
      },
      error_code::target_broken);
}

result<postgres_session::rehearsed> postgres_session::rehearse(const site_batch& batch, batch_range range,
                                                               const std::vector<refused_record>& refused) {
  if (!rehearsal_)
    return not_open();
  return guarded([&]() -> result<rehearsed> {
    rehearsed outcome;
    auto& counts = outcome.counts;
    auto all_refused = refused;
    refuse_broken_keys(batch, range, all_refused);
    const auto candidates = newest_readable(batch, range, all_refused);
    counts.superseded += range.last - range.first - candidates.size() - all_refused.size();
    doing_ = "begin";
    pqxx::subtransaction attempt{*rehearsal_};
    attempt.exec("discard plans");
    const auto news = differing(attempt, batch, candidates, counts);
    if (!news.empty()) {
      const auto staged = stage(batch, news, all_refused);
      run_steps(attempt);
      count_effects(attempt, staged, counts);
    }
    if (!news.empty() && !target_.plan.sql.empty()) {
      doing_ = target_.plan.name;
      attempt.exec("set local enable_hashjoin = on");  // the batch is joined with itself
      for (const auto row : attempt.exec(target_.plan.sql))
        outcome.changes.push_back({row["centre"].as<std::string>(), row["kind"].as<std::string>(),
                                   row["effect"].as<std::string>(), row["id"].as<std::string>()});
    }
    attempt.abort();
    outcome.refused = newly_refused(all_refused, refused.size());
    return outcome;
  });
}

result<std::vector<finding>> postgres_session::inspect() {
  disconnect();
  if (const auto read = read_settings(); !read)
    return read.error();
  return guarded(
      [&]() -> result<std::vector<finding>> {
        begin_rehearsal();
        auto& work = *rehearsal_;
        const bool installed = !install_schemas_in(work, target_, doing_);
        doing_ = "the schema matricula";
        work.exec("select topic, partition, next_offset, revision from matricula.positions limit 0");
        work.exec("select id, kind, key, value, at from matricula.outbox limit 0");
        set_up(work);
        const auto statements = target_.steps.size() + 2;  // differs.sql and outcomes.sql
        std::vector<finding> found{{finding::grade::fine,
                                    address_.printable + " takes the " + std::to_string(statements) +
                                        " statements of the target " + target_.name +
                                        (installed ? "" : ", whose own tables the first start will make"),
                                    {}}};
        if (!target_.doctor.sql.empty()) {
          doing_ = target_.doctor.name;
          for (const auto row : work.exec(target_.doctor.sql))
            found.push_back({grade_of(row["grade"].as<std::string>()), row["what"].as<std::string>(),
                             row["mend"].as<std::string>("")});
        }
        return found;
      },
      error_code::target_broken);
}

result<done> postgres_session::advance(std::int64_t expected, std::int64_t next) {
  if (!connection_)
    return not_open();
  return guarded([&]() -> result<done> {
    doing_ = "begin";
    pqxx::work work{*connection_};
    if (!swap_offset(work, expected, next, 0))
      return position_moved(expected);
    doing_ = "commit";
    work.commit();
    return done{};
  });
}

result<std::int64_t> postgres_session::look() {
  if (!connection_)
    return not_open();
  return guarded([&]() -> result<std::int64_t> { return read_position().next_offset; });
}

}  // namespace matricula
