package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/diagnosis"
	"github.com/rolewatch/rolewatch/function/internal/message"
	"github.com/rolewatch/rolewatch/function/internal/message/terminal"
	"github.com/rolewatch/rolewatch/function/internal/scan"
	"github.com/rolewatch/rolewatch/function/internal/words"
)

// diagnosed prints the answer of a diagnosis.
type diagnosed struct {
	*world
	format   format
	question diagnosis.Question
}

// messageMeaning is what a message says, as JSON has it.
type messageMeaning struct {
	Meaning aws.Meaning `json:"meaning"`
	Says    string      `json:"says"`
	Source  string      `json:"source"`
}

// diagnosisSummary is the last line of a diagnosis in JSON. Function is empty, and Message not there, where none is known.
type diagnosisSummary struct {
	scan.Tally
	Function string          `json:"function"`
	RoleARNs []string        `json:"roleArns"`
	Planned  bool            `json:"planned"`
	Message  *messageMeaning `json:"message,omitzero"`
}

// print prints an answer, and what the message means where it is all that is known. Something wrong is errFound.
func (p diagnosed) print(a diagnosis.Answer, broken error) error {
	asked := p.question.Message != "" || p.question.Call != nil && p.question.Call.Message != ""
	elsewhere := a.Known && a.Message.Meaning == aws.NotTheRole
	unsaid := errors.Is(broken, diagnosis.ErrNoRole)
	if unsaid && elsewhere {
		broken = nil // The message alone is the whole answer.
	}
	write := p.writeText
	if p.format == formatJSON {
		write = p.writeJSON
	}
	if broken == nil || a.Known || len(a.Findings) > 0 {
		if err := write(a, asked, broken); err != nil {
			return err
		}
	}
	switch {
	case broken != nil && unsaid && asked && !a.Known:
		return usagef("diagnose: rolewatch does not know this message, and %w; specify the function, --role or --request", broken)
	case broken != nil && unsaid:
		return usagef("diagnose: %w; specify the function, --role or --request", broken)
	case broken != nil:
		return broken
	case len(a.Findings) > 0:
		return errFound
	case asked && !a.Known:
		return errors.New("the cause of the rejected call was not found: rolewatch does not know the message, and found nothing wrong with the role")
	case asked && !elsewhere:
		return errors.New("the cause of the rejected call was not found: the check that explains rejected calls is turned off (--checks, --settings)")
	}
	return nil
}

func (p diagnosed) writeJSON(a diagnosis.Answer, _ bool, broken error) error {
	printer := scanPrinter{world: p.world}
	if err := printer.writeLines(a.Result); err != nil {
		return err
	}
	s := diagnosisSummary{Tally: a.Tally, Function: a.Function, RoleARNs: append([]string{}, a.Roles...), Planned: a.Planned}
	s.Tally.Partial = broken != nil
	if a.Known {
		s.Message = &messageMeaning{a.Message.Meaning, a.Message.Says, a.Message.Source}
	}
	return writeJSON(p.out, map[string]diagnosisSummary{"summary": s})
}

// writeText prints what the message means, then what it is about, what is wrong, in order, and what is not known.
func (p diagnosed) writeText(a diagnosis.Answer, asked bool, broken error) error {
	var b strings.Builder
	switch {
	case a.Known:
		p.wrap(&b, "The message", string(a.Message.Meaning)+". "+a.Message.Says)
		p.wrap(&b, "Documented", a.Message.Source)
	case asked:
		p.wrap(&b, "The message", "rolewatch does not know this message, and cannot say why the call was rejected. The findings below are about the current state of the role.")
	}
	if a.Function != "" {
		p.wrap(&b, "Function", a.Function)
	}
	for _, arn := range a.Roles {
		p.wrap(&b, "Role", arn)
	}
	switch {
	case a.Planned && p.question.Call == nil:
		p.wrap(&b, "Evaluated", "as if the function had this role")
	case a.Planned && p.question.Call.Refused():
		p.wrap(&b, "Evaluated", "as the call would have configured the function: the record has no message")
	case a.Planned:
		p.wrap(&b, "Evaluated", "as the call would configure the function")
	}
	if broken == nil && len(a.Roles) > 0 {
		b.WriteString("\n")
		p.findings(&b, a, asked)
	}
	return writeText(p.out, b.String())
}

// labelWidth is the width of the first column.
const labelWidth = 13

// wrap writes a text with a label before its first line.
func (p diagnosed) wrap(b *strings.Builder, label, text string) {
	width := p.width
	if width == 0 {
		width = usualWidth
	}
	for _, line := range message.Wrap(message.Line(text), max(width-labelWidth, labelWidth)) {
		fmt.Fprintf(b, "%-*s%s\n", labelWidth, label, line)
		label = ""
	}
}

func (p diagnosed) findings(b *strings.Builder, a diagnosis.Answer, asked bool) {
	for i, f := range a.Findings {
		fmt.Fprintf(b, "%d of %d\n%s\n\n", i+1, len(a.Findings), strings.TrimRight(terminal.Finding(f, p.terminal()), "\n"))
	}
	for _, e := range a.Excepted {
		b.WriteString(exceptedLine(e) + "\n")
	}
	b.WriteString(unknownTexts(a.Unknowns, p.width, false))
	if len(a.Excepted)+len(a.Unknowns) > 0 {
		b.WriteString("\n")
	}
	verdict := words.Count(len(a.Findings), "finding") + ", in the order in which to fix them"
	switch {
	case len(a.Findings) == 1:
		verdict = "1 finding"
	case len(a.Findings) == 0 && len(a.Unknowns) == 0 && (!asked || a.Known):
		verdict = "no findings"
	case len(a.Findings) == 0:
		verdict = "no findings in what could be read"
	}
	fmt.Fprintf(b, "%s; %d excepted, %d not known\n", verdict, len(a.Excepted), len(a.Unknowns))
}
