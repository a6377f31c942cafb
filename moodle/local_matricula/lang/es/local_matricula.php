<?php
// This file is part of Moodle - http://moodle.org/
//
// Moodle is free software: you can redistribute it and/or modify
// it under the terms of the GNU General Public License as published by
// the Free Software Foundation, either version 3 of the License, or
// (at your option) any later version.
//
// Moodle is distributed in the hope that it will be useful,
// but WITHOUT ANY WARRANTY; without even the implied warranty of
// MERCHANTABILITY or FITNESS FOR A PARTICULAR PURPOSE.  See the
// GNU General Public License for more details.
//
// You should have received a copy of the GNU General Public License
// along with Moodle.  If not, see <http://www.gnu.org/licenses/>.

/**
 * Spanish strings.
 *
 * @package    local_matricula
 * @copyright  2026 matricula contributors
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

defined('MOODLE_INTERNAL') || die();

$string['deletion'] = 'Eliminación de cursos de años anteriores';
$string['deletionnoprivilege'] = 'El usuario de base de datos de Moodle no puede leer qué cursos hay que eliminar. Si el calendario de matricula ha de eliminar alguno, ejecute esto como el usuario de matricula, en la base de datos de Moodle: {$a}';
$string['deletionsmax'] = 'Cursos que se eliminan de una vez';
$string['deletionsmax_desc'] = 'Cuántos de los cursos que matricula ha creado, y cuya eliminación alguien ha aprobado allí, elimina cada ejecución de la tarea programada. 0: ninguno.';
$string['deletionsummary'] = 'Cursos eliminados: {$a}.';
$string['deletiontaskname'] = 'Eliminar los cursos creados por matricula cuya eliminación se ha aprobado';
$string['deletionwaiting'] = 'Cursos pendientes de eliminar: {$a->number}, desde {$a->since}. De estos, ya intentados: {$a->tried}.';
$string['duration'] = 'Duración (ms)';
$string['kind'] = 'Cambio';
$string['kind_categories'] = 'Categorías y sus listas de cursos';
$string['kind_course'] = 'Cursos con otro nombre';
$string['kind_groups'] = 'Grupos de cursos';
$string['kind_members'] = 'Pertenencia a grupos';
$string['kind_people'] = 'Personas de cursos';
$string['matricula:viewruns'] = 'Ver las ejecuciones de la invalidación de cachés de matricula';
$string['nodeletion'] = 'No hay ningún curso pendiente de eliminar.';
$string['noruns'] = 'Todavía no ha habido nada que hacer.';
$string['nothingwaiting'] = 'No hay nada pendiente.';
$string['number'] = 'Número';
$string['origin'] = 'Iniciada por';
$string['origin_cli'] = 'Línea de comandos';
$string['origin_task'] = 'Tarea programada';
$string['outcome'] = 'Resultado';
$string['outcome_done'] = 'Hecho.';
$string['outcome_failed'] = 'Ha fallado. Lo que no se ha invalidado sigue pendiente y se volverá a intentar.';
$string['outcome_noprivilege'] = 'El usuario de base de datos de Moodle no puede leer lo que matricula ha cambiado. Ejecute esto como el usuario de matricula, en la base de datos de Moodle: {$a}';
$string['outcome_notable'] = 'En esta base de datos no existe la tabla matricula.moodle_change, así que no hay nada que invalidar. matricula la crea cuando se inicia por primera vez para este sitio con el destino «moodle».';
$string['outcome_notpostgres'] = 'matricula solo escribe en un Moodle sobre PostgreSQL y este Moodle usa otra base de datos: aquí este módulo no tiene nada que hacer.';
$string['outcome_unfinished'] = 'Se ha agotado el tiempo. La próxima ejecución continuará.';
$string['pluginname'] = 'matricula: invalidación de cachés';
$string['privacy:metadata'] = 'El módulo no guarda datos personales: solo cuándo se invalidaron cachés, y cuántas.';
$string['runs'] = 'Últimas ejecuciones';
$string['since'] = 'Pendiente desde';
$string['started'] = 'Hora';
$string['summary'] = 'Invalidado: categorías {$a->categories}, cursos con otro nombre {$a->course}, cursos con cambios en sus grupos {$a->groups}, usuarios con cambios de grupo {$a->members}, cursos con cambios de personas {$a->people}, en {$a->ms} ms.';
$string['taskname'] = 'Invalidar las cachés de lo que matricula ha cambiado';
$string['unknownkind'] = '{$a} (hace falta una versión más reciente de este módulo)';
$string['waiting'] = 'Pendiente de invalidar';
$string['waitinglong'] = 'Hay cambios pendientes desde hace más de diez minutos. ¿Se ejecuta el cron de Moodle, y está activada la tarea programada de este módulo? Tras los fallos Moodle reintenta una tarea cada vez menos, hasta una vez al día; cli/invalidate.php de este módulo lo hace en el acto.';
