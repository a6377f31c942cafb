# SPDX-License-Identifier: Apache-2.0
# Folded stacks ("a;b;c 12" a line, sorted by LC_ALL=C sort) as a flame graph, SVG: callers below, callees on top, the
# widths are shares of the samples. A box that is pointed at says its name and its share.
#
#   LC_ALL=C sort folded.txt | awk -v title=... -f scripts/lib/flame.awk >flame.svg

function text_of(name) {
  gsub(/&/, "\\&amp;", name)
  gsub(/</, "\\&lt;", name)
  gsub(/>/, "\\&gt;", name)
  gsub(/"/, "\\&quot;", name)
  return name
}

# Ends the boxes from this level up.
function close_from(level, i) {
  for (i = level; i <= open_levels; ++i) {
    ++boxes
    box_name[boxes] = open_name[i]
    box_level[boxes] = i
    box_begin[boxes] = open_begin[i]
    box_end[boxes] = total
  }
  open_levels = level - 1
}

{
  samples = $NF
  stack = substr($0, 1, length($0) - length($NF) - 1)
  levels = split(stack, frame, ";")
  same = 1
  while (same <= levels && same <= open_levels && frame[same] == open_name[same]) ++same
  close_from(same)
  for (i = same; i <= levels; ++i) {
    open_name[i] = frame[i]
    open_begin[i] = total
  }
  open_levels = levels
  if (levels > deepest) deepest = levels
  total += samples
}

END {
  close_from(1)
  width = 1400
  row = 17
  height = (deepest + 2) * row + 10
  printf "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" font-family=\"sans-serif\" font-size=\"11\">\n", width, height
  printf "<rect width=\"100%%\" height=\"100%%\" fill=\"#fffdf5\"/>\n<text x=\"8\" y=\"15\" font-size=\"13\">%s: %d samples</text>\n", text_of(title), total
  for (i = 1; i <= boxes; ++i) {
    wide = (box_end[i] - box_begin[i]) / total * width
    if (wide < 0.4) continue
    left = box_begin[i] / total * width
    top = height - box_level[i] * row - 5
    shade = 120 + (length(box_name[i]) * 37 + box_level[i] * 11) % 90
    printf "<g><title>%s (%.1f %%)</title><rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"rgb(235,%d,70)\" stroke=\"#fffdf5\" stroke-width=\"0.5\"/>", text_of(box_name[i]), 100 * (box_end[i] - box_begin[i]) / total, left, top, wide, row - 1, shade
    letters = int((wide - 4) / 6)
    if (letters >= 3) printf "<text x=\"%.1f\" y=\"%d\">%s</text>", left + 2, top + 12, text_of(substr(box_name[i], 1, letters))
    print "</g>"
  }
  print "</svg>"
}
