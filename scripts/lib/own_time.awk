# SPDX-License-Identifier: Apache-2.0
# The functions that have most of the time for themselves, with whoever called them. Reads folded stacks,
# "a;b;c 12" a line, and prints the first `most` of them with their share.

# Without its arguments, template arguments and what has no name.
function short(name) {
  gsub(/\(anonymous namespace\)::/, "", name)
  while (gsub(/<[^<>]*>/, "", name)) { }
  sub(/\(.*/, "", name)
  return name
}

{
  samples = $NF
  sub(/ [0-9]+$/, "")
  frames = split($0, frame, ";")
  own[short(frame[frames]) (frames > 1 ? " < " short(frame[frames - 1]) : "")] += samples
  all += samples
}

END {
  by_share = "sort -k1,1nr | head -n " most
  for (which in own) printf "    %5.1f %%  %s\n", 100 * own[which] / all, which | by_share
  close(by_share)
}
