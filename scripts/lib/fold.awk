# SPDX-License-Identifier: Apache-2.0
# Samples as folded stacks, "a;b;c 12" a line, the outermost caller first, before which stands the program: what the process,
# or whoever it is a fork of, has executed last. PostgreSQL's processes are "postgres of psql" while a psql runs, and
# otherwise "postgres of matricula" while that does. A function of the kernel ends in _[k].
#
#   perf script --show-task-events --fields comm,pid,time,event,ip,sym,dso | awk -f scripts/lib/fold.awk >folded.txt

# "PERF_RECORD_FORK(12:12):(11:11)": the process that is told of, and after the colon its parent.
function process_in(pair, part) {
  split(pair, part, /[(:)]/)
  return part[2]
}

function owner(process, name) {
  name = process in program ? program[process] : "unknown"
  if (name != "postgres") return name
  if (running["psql"] > 0) return "postgres of psql"
  return running["matricula"] > 0 ? "postgres of matricula" : name
}

function end_of_sample() {
  if (stack != "") ++samples[sampled stack]
  stack = ""
}

/PERF_RECORD_COMM exec: / {
  match($0, /exec: .*$/)
  text = substr($0, RSTART + 6)
  match(text, /:[0-9]+\/[0-9]+$/)
  split(substr(text, RSTART + 1), ids, "/")
  if (ids[1] in program) --running[program[ids[1]]]
  program[ids[1]] = substr(text, 1, RSTART - 1)
  ++running[program[ids[1]]]
  next
}

/PERF_RECORD_FORK/ {
  match($0, /FORK.*$/)
  split(substr($0, RSTART + 4), pairs, /:\(/)
  child = process_in(pairs[1])
  parent = process_in("(" pairs[2])
  if (child != parent && parent in program) {
    program[child] = program[parent]
    ++running[program[child]]
  }
  next
}

/PERF_RECORD_EXIT/ {
  match($0, /EXIT.*$/)
  split(substr($0, RSTART + 4), ids, /[(:)]/)
  if (ids[2] == ids[3] && ids[2] in program) {
    --running[program[ids[2]]]
    delete program[ids[2]]
  }
  next
}

/^[^ \t].*: cpu-clock/ {
  end_of_sample()
  match($0, / +[0-9]+ +[0-9]+\.[0-9]+: /)
  thread = substr($0, 1, RSTART - 1)
  split(substr($0, RSTART), fields, " ")
  sampled = owner(fields[1])
  if (thread != sampled && sampled !~ /^postgres of /) sampled = sampled ";" thread
  next
}

/^$/ { end_of_sample() }

/^[ \t]+[0-9a-f]+ / {
  frame = $0
  sub(/^[ \t]+[0-9a-f]+ /, "", frame)
  kernel = frame ~ / \(\[kernel\.kallsyms\]\)$/
  sub(/ \([^()]*\)$/, "", frame)
  gsub(/;/, ":", frame)
  stack = ";" frame (kernel ? "_[k]" : "") stack
}

END {
  end_of_sample()
  for (each in samples) print each, samples[each]
}
