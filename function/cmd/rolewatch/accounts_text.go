package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/message"
	"github.com/rolewatch/rolewatch/function/internal/message/terminal"
	"github.com/rolewatch/rolewatch/function/internal/organization"
	"github.com/rolewatch/rolewatch/function/internal/scan"
	"github.com/rolewatch/rolewatch/function/internal/words"
)

// mostUnknowns bounds how many different unknown inputs of all accounts are kept.
const mostUnknowns = 2000

// accountsText is what a text about many accounts needs of them. What it keeps is bounded, but for a line for each account.
type accountsText struct {
	rows   []accountRow
	checks map[checkKey]*checkCount
	// findings are the gravest of each check: the first few of each severity, in the order of the accounts.
	findings []accountFinding
	// seen is how many findings of each check and severity there were.
	seen     map[checkKey]int
	excepted []string
	// unknowns are by what is missing, with ACCOUNT in place of the ID, and have the accounts.
	unknowns     map[string]*unknownIn
	moreUnknowns int
	troubles     []troubleIn
}

// accountRow is a line of the table of accounts.
type accountRow struct {
	organization.Account
	bySeverity map[check.Severity]int
	tally      scan.Tally
	trouble    *trouble
}

type checkKey struct {
	severity check.Severity
	check    string
}

// checkCount counts the findings of one check that have the same severity.
type checkCount struct{ findings, accounts, roles, functions int }

type unknownIn struct {
	scan.Unknown
	accounts []string
}

// troubleIn is a trouble with the accounts that have it.
type troubleIn struct {
	trouble
	accounts []string
}

func newAccountsText() accountsText {
	return accountsText{checks: map[checkKey]*checkCount{}, seen: map[checkKey]int{}, unknowns: map[string]*unknownIn{}}
}

// take keeps what is needed of an account; with lists also of the findings and inputs that are printed at the end.
func (t *accountsText) take(o *outcome, r scan.Result, lists bool) {
	row := accountRow{Account: o.Account, tally: r.Tally, trouble: o.trouble, bySeverity: map[check.Severity]int{}}
	for _, f := range r.Findings {
		row.bySeverity[f.Severity]++
	}
	t.rows = append(t.rows, row)
	if o.trouble != nil {
		t.addTrouble(o)
	}
	for _, of := range tableOf(r.Findings) {
		key := checkKey{of.severity, of.check}
		sum := t.checks[key]
		if sum == nil {
			sum = &checkCount{}
			t.checks[key] = sum
		}
		sum.findings += of.findings
		sum.accounts++
		sum.roles += len(of.roles)
		sum.functions += len(of.functions)
	}
	if lists {
		t.takeLists(o, r)
	}
}

func (t *accountsText) addTrouble(o *outcome) {
	for i := range t.troubles {
		if same := &t.troubles[i]; same.trouble == *o.trouble {
			same.accounts = append(same.accounts, o.String())
			return
		}
	}
	t.troubles = append(t.troubles, troubleIn{*o.trouble, []string{o.String()}})
}

// takeLists keeps of each check and severity as many findings as are ever printed.
func (t *accountsText) takeLists(o *outcome, r scan.Result) {
	for _, f := range r.Findings {
		key := checkKey{f.Severity, f.Check}
		if t.seen[key]++; t.seen[key] <= mostPrinted {
			t.findings = append(t.findings, accountFinding{o.Account, f})
		}
	}
	for _, e := range r.Excepted {
		if len(t.excepted) < mostPrinted {
			t.excepted = append(t.excepted, o.String()+": "+exceptedLine(e))
		}
	}
	for _, u := range r.Unknowns {
		key := strings.ReplaceAll(u.Missing, o.ID, "ACCOUNT")
		known := t.unknowns[key]
		switch {
		case known != nil:
			known.add(u)
		case len(t.unknowns) == mostUnknowns:
			t.moreUnknowns++
			continue
		default:
			known = &unknownIn{Unknown: u}
			t.unknowns[key] = known
		}
		known.accounts = append(known.accounts, o.String())
	}
}

// add adds what another account lacks. Of a long list only the beginning is printed, and kept.
func (u *unknownIn) add(o scan.Unknown) {
	u.Roles += o.Roles
	for _, id := range o.Checks {
		if at, there := slices.BinarySearch(u.Checks, id); !there {
			u.Checks = slices.Insert(slices.Clone(u.Checks), at, id)
		}
	}
	if len(u.RoleARNs) < mostPrinted {
		u.RoleARNs = append(slices.Clip(u.RoleARNs), o.RoleARNs...)
	}
	if len(u.FunctionARNs) < mostPrinted {
		u.FunctionARNs = append(slices.Clip(u.FunctionARNs), o.FunctionARNs...)
	}
}

// accountLine names an account and where it is.
func accountLine(a *organization.Account) string {
	line := "account " + a.String()
	if a.OU != "" {
		line += " in " + a.OU
	}
	return message.Line(line)
}

// writeTotals prints the gravest findings, what is not known, and the tables by account and by check.
func (p *accountsPrinter) writeTotals() error {
	var b strings.Builder
	var rest []string
	shown := p.summary.Findings
	if p.summary.Hidden != nil {
		shown -= p.summary.Hidden.Findings
	}
	for _, f := range p.text.gravest(shown, &rest) {
		b.WriteString(accountLine(&f.account) + "\n" + strings.TrimRight(terminal.Finding(f.Finding, p.terminal()), "\n") + "\n\n")
	}
	for _, line := range p.text.exceptedLines(p.summary.Excepted, &rest) {
		b.WriteString(message.Line(line) + "\n")
	}
	b.WriteString(p.unknownLines(&rest))
	for _, t := range p.text.troubles {
		b.WriteString(troubleText(t, p.width, p.details))
	}
	for i := range p.chosen.Skipped {
		b.WriteString("skipped: " + accountLine(&p.chosen.Skipped[i]) + " is in the state " + message.Line(p.chosen.Skipped[i].State) + "\n")
	}
	if b.Len() > 0 {
		b.WriteString("\n")
	}
	b.WriteString(p.text.accountTable(p.details, &rest))
	b.WriteString(p.text.checkTable(p.width))
	p.writeCounts(&b)
	if len(rest) > 0 {
		fmt.Fprintf(&b, "not printed: %s; --details prints everything\n", strings.Join(rest, ", "))
	}
	return writeText(p.out, b.String())
}

func (p *accountsPrinter) writeCounts(b *strings.Builder) {
	s := &p.summary
	fmt.Fprintf(b, "%s scanned, %d not read, %d skipped, %d not selected\n", words.Count(s.Accounts, "account"), s.NotRead, s.Skipped, s.NotSelected)
	fmt.Fprintf(b, "%s, %s in scope: %s, %d excepted, %d not known\n", words.Count(s.Functions, "function"), words.Count(s.Roles, "role"),
		words.Count(s.Findings, "finding"), s.Excepted, s.Unknown)
	if s.Hidden != nil {
		fmt.Fprintf(b, "less severe than %s, hidden by --severity: %s, %d excepted\n", p.severity, words.Count(s.Hidden.Findings, "finding"), s.Hidden.Excepted)
	}
}

// gravest are the findings to print, of which the accounts have a number.
func (t *accountsText) gravest(total int, rest *[]string) []accountFinding {
	if len(t.findings) == 0 || total <= mostPrinted {
		return t.findings
	}
	*rest = append(*rest, words.Count(total-fewPrinted, "finding"))
	return gravestOf(t.findings, func(f *accountFinding) (check.Severity, string) { return f.Severity, f.Check })
}

func (t *accountsText) exceptedLines(total int, rest *[]string) []string {
	if len(t.excepted) == 0 || total <= mostPrinted {
		return t.excepted
	}
	lines := t.excepted[:min(len(t.excepted), fewPrinted)]
	*rest = append(*rest, words.Count(total-len(lines), "excepted finding"))
	return lines
}

// unknownLines are the inputs that are not known, each once for all accounts.
func (p *accountsPrinter) unknownLines(rest *[]string) string {
	all := make([]scan.Unknown, 0, len(p.text.unknowns))
	for what, u := range p.text.unknowns {
		one := u.Unknown
		if len(u.accounts) == 1 {
			what = u.Missing
		}
		one.Missing = what + ", in " + counted(len(u.accounts), "account", u.accounts)
		all = append(all, one)
	}
	slices.SortFunc(all, func(a, b scan.Unknown) int { return cmp.Compare(a.Missing, b.Missing) })
	all = shorten(all, p.details, "unknown input", rest, broadest)
	if p.text.moreUnknowns > 0 {
		*rest = append(*rest, words.Count(p.text.moreUnknowns, "unknown input")+" of further accounts")
	}
	return unknownTexts(all, p.width, p.details)
}

// troubleText says once which accounts were not read, why, and what settles it.
func troubleText(t troubleIn, width int, details bool) string {
	names := counted(len(t.accounts), "account", t.accounts)
	if details {
		names = words.Count(len(t.accounts), "account") + ": " + words.List(t.accounts)
	}
	line := "not read: " + message.Line(names) + ": " + message.Line(t.Why)
	if t.SettledBy == "" {
		return line + "\n"
	}
	return line + "\n" + settling(t.SettledBy, width)
}
