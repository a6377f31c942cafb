// SPDX-License-Identifier: Apache-2.0
#include "config/draw_graph.hpp"

#include "config/durations.hpp"
#include "config/spelling.hpp"

#include <algorithm>
#include <map>
#include <vector>

namespace matricula {
namespace {

enum class shape : std::uint8_t { feed, stage, topic };

struct box {
  shape drawn_as;
  std::vector<std::string> lines;
};

struct arrow {
  std::size_t from, to;
  bool for_refused;  // the way into quarantine, drawn dashed
};

struct drawing {
  std::string title;
  std::vector<box> boxes;
  std::vector<arrow> arrows;
};

std::vector<std::string> nodes_that_run(const topology& all,
                                        const std::vector<std::string> node_settings::*list,
                                        const std::string& name) {
  std::vector<std::string> nodes;
  for (const auto& node : all.nodes)
    if (std::find((node.*list).begin(), (node.*list).end(), name) != (node.*list).end())
      nodes.push_back(node.name);
  return nodes;
}

class draughtsman {
 public:
  explicit draughtsman(const topology& all)
      : all_(all) {
    out_.title = all.pipeline.name;
  }

  drawing draw() {
    for (const auto& source : all_.sources)
      draw_source(source);
    for (const auto& lane : all_.lanes)
      topic(lane.topic);
    for (const auto& lane : all_.lanes)
      out_.arrows.push_back({stage_.at("source:" + lane.source), topic(lane.topic), false});
    for (const auto& site : all_.sites)
      draw_site(site);
    for (const auto& source : all_.sources)
      out_.arrows.push_back({stage_.at("source:" + source.name), topic(all_.kafka.quarantine_topic), true});
    for (const auto& site : all_.sites) {
      out_.arrows.push_back({stage_.at("site:" + site.name), topic(all_.kafka.outcomes_topic), false});
      out_.arrows.push_back({stage_.at("site:" + site.name), topic(all_.kafka.quarantine_topic), true});
    }
    return std::move(out_);
  }

 private:
  std::size_t add(shape drawn_as, std::vector<std::string> lines) {
    out_.boxes.push_back({drawn_as, std::move(lines)});
    return out_.boxes.size() - 1;
  }

  std::size_t topic(const std::string& name) {
    const auto found = topic_.find(name);
    return found != topic_.end() ? found->second
                                 : topic_.emplace(name, add(shape::topic, {name})).first->second;
  }

  void draw_source(const source_settings& source) {
    const auto feed = add(shape::feed, {"feed of " + source.name});
    std::vector<std::string> lines{"source " + source.name, "every " + config::text_of(source.every)};
    append_nodes(nodes_that_run(all_, &node_settings::sources, source.name), lines);
    const auto drawn = add(shape::stage, std::move(lines));
    stage_["source:" + source.name] = drawn;
    out_.arrows.push_back({feed, drawn, false});
  }

  void draw_site(const site_settings& site) {
    std::vector<std::string> lines{"site " + site.name, "target " + site.target};
    append_nodes(nodes_that_run(all_, &node_settings::sites, site.name), lines);
    const auto drawn = add(shape::stage, std::move(lines));
    stage_["site:" + site.name] = drawn;
    for (const auto& name : site.topics)
      out_.arrows.push_back({topic(name), drawn, false});
  }

  static void append_nodes(const std::vector<std::string>& nodes, std::vector<std::string>& lines) {
    if (!nodes.empty())
      lines.push_back("on " + config::listed(nodes));
  }

  const topology& all_;
  drawing out_;
  std::map<std::string, std::size_t> topic_, stage_;
};

std::string joined(const std::vector<std::string>& lines, std::string_view with, char escaped,
                   std::string_view escape) {
  std::string text;
  for (const auto& line : lines) {
    if (!text.empty())
      text += with;
    for (const char c : line) {
      if (c == escaped)
        text += escape;
      else
        text += c;
    }
  }
  return text;
}

}  // namespace

std::string draw_dot(const topology& all) {
  const auto drawing = draughtsman{all}.draw();
  std::string text =
      "digraph \"" + drawing.title + "\" {\n  rankdir=LR;\n  node [fontname=\"sans-serif\"];\n";
  for (std::size_t i = 0; i < drawing.boxes.size(); ++i) {
    const auto& box = drawing.boxes[i];
    const std::string_view shapes[] = {"ellipse", "box", "cylinder"};
    text += "  n" + std::to_string(i) +
            " [shape=" + std::string{shapes[static_cast<std::size_t>(box.drawn_as)]} + ", label=\"" +
            joined(box.lines, "\\n", '"', "\\\"") + "\"];\n";
  }
  for (const auto& [from, to, for_refused] : drawing.arrows)
    text += "  n" + std::to_string(from) + " -> n" + std::to_string(to) +
            (for_refused ? " [style=dashed, label=\"refused\"];\n" : ";\n");
  return text + "}\n";
}

std::string draw_mermaid(const topology& all) {
  const auto drawing = draughtsman{all}.draw();
  std::string text = "flowchart LR\n";
  for (std::size_t i = 0; i < drawing.boxes.size(); ++i) {
    const auto& box = drawing.boxes[i];
    const std::string_view before[] = {"([\"", "[\"", "[(\""};
    const std::string_view after[] = {"\"])", "\"]", "\")]"};
    const auto shape = static_cast<std::size_t>(box.drawn_as);
    text += "  n" + std::to_string(i) + std::string{before[shape]} +
            joined(box.lines, "<br/>", '"', "#quot;") + std::string{after[shape]} + "\n";
  }
  for (const auto& [from, to, for_refused] : drawing.arrows)
    text += "  n" + std::to_string(from) + (for_refused ? " -.->|refused| n" : " --> n") +
            std::to_string(to) + "\n";
  return text;
}

}  // namespace matricula
