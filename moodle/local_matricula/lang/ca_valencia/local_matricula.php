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
 * Valencian strings.
 *
 * @package    local_matricula
 * @copyright  2026 matricula contributors
 * @license    http://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

defined('MOODLE_INTERNAL') || die();

$string['deletion'] = 'Eliminació de cursos d\'anys anteriors';
$string['deletionnoprivilege'] = 'L\'usuari de base de dades de Moodle no pot llegir quins cursos cal eliminar. Si el calendari de matricula n\'ha d\'eliminar algun, executeu això com a usuari de matricula, en la base de dades de Moodle: {$a}';
$string['deletionsmax'] = 'Cursos que s\'eliminen d\'una vegada';
$string['deletionsmax_desc'] = 'Quants dels cursos que matricula ha creat, i l\'eliminació dels quals algú ha aprovat allí, elimina cada execució de la tasca programada. 0: cap.';
$string['deletionsummary'] = 'Cursos eliminats: {$a}.';
$string['deletiontaskname'] = 'Eliminar els cursos creats per matricula l\'eliminació dels quals s\'ha aprovat';
$string['deletionwaiting'] = 'Cursos pendents d\'eliminar: {$a->number}, des de {$a->since}. D\'estos, ja intentats: {$a->tried}.';
$string['duration'] = 'Duració (ms)';
$string['kind'] = 'Canvi';
$string['kind_categories'] = 'Categories i les seues llistes de cursos';
$string['kind_course'] = 'Cursos amb un altre nom';
$string['kind_groups'] = 'Grups de cursos';
$string['kind_members'] = 'Pertinença a grups';
$string['kind_people'] = 'Persones de cursos';
$string['matricula:viewruns'] = 'Veure les execucions de la invalidació de memòries cau de matricula';
$string['nodeletion'] = 'No hi ha cap curs pendent d\'eliminar.';
$string['noruns'] = 'Encara no hi ha hagut res a fer.';
$string['nothingwaiting'] = 'No hi ha res pendent.';
$string['number'] = 'Nombre';
$string['origin'] = 'Iniciada per';
$string['origin_cli'] = 'Línia d\'ordes';
$string['origin_task'] = 'Tasca programada';
$string['outcome'] = 'Resultat';
$string['outcome_done'] = 'Fet.';
$string['outcome_failed'] = 'Ha fallat. El que no s\'ha invalidat continua pendent i es tornarà a intentar.';
$string['outcome_noprivilege'] = 'L\'usuari de base de dades de Moodle no pot llegir el que matricula ha canviat. Executeu això com a usuari de matricula, en la base de dades de Moodle: {$a}';
$string['outcome_notable'] = 'En esta base de dades no existix la taula matricula.moodle_change, de manera que no hi ha res a invalidar. matricula la crea quan s\'inicia per primera vegada per a este lloc amb la destinació «moodle».';
$string['outcome_notpostgres'] = 'matricula només escriu en un Moodle sobre PostgreSQL i este Moodle usa una altra base de dades: ací este mòdul no té res a fer.';
$string['outcome_unfinished'] = 'S\'ha esgotat el temps. La pròxima execució continuarà.';
$string['pluginname'] = 'matricula: invalidació de memòries cau';
$string['privacy:metadata'] = 'El mòdul no guarda dades personals: només quan s\'han invalidat memòries cau, i quantes.';
$string['runs'] = 'Últimes execucions';
$string['since'] = 'Pendent des de';
$string['started'] = 'Hora';
$string['summary'] = 'Invalidat: categories {$a->categories}, cursos amb un altre nom {$a->course}, cursos amb canvis en els grups {$a->groups}, usuaris amb canvis de grup {$a->members}, cursos amb canvis de persones {$a->people}, en {$a->ms} ms.';
$string['taskname'] = 'Invalidar les memòries cau del que matricula ha canviat';
$string['unknownkind'] = '{$a} (cal una versió més recent d\'este mòdul)';
$string['waiting'] = 'Pendent d\'invalidar';
$string['waitinglong'] = 'Hi ha canvis pendents des de fa més de deu minuts. S\'executa el cron de Moodle, i està activada la tasca programada d\'este mòdul? Després de fallades, Moodle torna a provar una tasca cada vegada menys, fins a una vegada al dia; cli/invalidate.php d\'este mòdul ho fa a l\'acte.';
