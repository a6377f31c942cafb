# SPDX-License-Identifier: Apache-2.0
# The functions that have most of the time for themselves, with whoever called them, and what share of each program's time is
# the kernel's. Reads what fold.awk has folded, "a;b;c 12" a line, and prints the first `most` functions with their share.

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
  of_program[frame[1]] += samples
  if (frame[frames] ~ /_\[k\]$/) in_kernel[frame[1]] += samples
}

END {
  by_share = "sort -k1,1nr | head -n " most
  for (which in own) printf "    %5.1f %%  %s\n", 100 * own[which] / all, which | by_share
  close(by_share)
  for (program in of_program)
    printf "    %5.1f %%  of the time of %s is the kernel's\n", 100 * in_kernel[program] / of_program[program], program
}
