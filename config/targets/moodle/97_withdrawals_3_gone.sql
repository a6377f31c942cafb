-- SPDX-License-Identifier: Apache-2.0
-- Who waits to leave a course that somebody has deleted in Moodle meanwhile, or with an account that is; a few at a time.
select matricula.moodle_forget_gone()
