package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/message"
	"github.com/rolewatch/rolewatch/function/internal/scan"
	"github.com/rolewatch/rolewatch/function/internal/words"
)

// fewNamed is how many names of one kind a line has.
const fewNamed = 3

// unknownTexts are unknown inputs. Those that one sentence settles stand together, and it once behind them.
func unknownTexts(all []scan.Unknown, width int, details bool) string {
	var b strings.Builder
	said := map[string]bool{}
	for i, u := range all {
		if said[u.SettledBy] {
			continue
		}
		same := slices.DeleteFunc(slices.Clone(all[i:]), func(o scan.Unknown) bool { return o.SettledBy != u.SettledBy })
		if details || u.SettledBy == "" || len(same) == 1 {
			b.WriteString(unknownText(u, width, details))
			continue
		}
		said[u.SettledBy] = true
		for _, o := range same {
			b.WriteString(unknownLine(o) + "\n")
		}
		b.WriteString(settling(u.SettledBy, width))
	}
	return b.String()
}

// unknownText is an unknown input: what it is, what it is about, and what settles it, on one line where that fits the width of the
// terminal; 0 is that of a pipe, which every line fits. With details everything that it is about is named, in lines of their own.
func unknownText(u scan.Unknown, width int, details bool) string {
	line := unknownLine(u)
	if details {
		return line + "\n" + unknownDetails(u)
	}
	if u.SettledBy == "" {
		return line + "\n"
	}
	settled := message.Line(u.SettledBy)
	if width == 0 || len(line)+len(settled)+2 <= width {
		return line + ". " + settled + "\n"
	}
	return line + "\n" + settling(u.SettledBy, width)
}

// unknownLine is what is not known, and what it is about.
func unknownLine(u scan.Unknown) string {
	line := "not known: " + message.Line(u.Missing)
	if about := unknownAbout(u); len(about) > 0 {
		line += " (" + strings.Join(about, "; ") + ")"
	}
	return line
}

// settling is a sentence below lines that it is about; 0 is the width of a pipe, which every line fits.
func settling(sentence string, width int) string {
	sentence = message.Line(sentence)
	if width == 0 {
		return "    " + sentence + "\n"
	}
	return "    " + strings.Join(message.Wrap(sentence, width-4), "\n    ") + "\n"
}

// unknownAbout is what an unknown input is about, the first few of each kind by name.
func unknownAbout(u scan.Unknown) (out []string) {
	if checks := u.Checks; len(checks) > fewNamed+1 {
		out = append(out, fmt.Sprintf("%s and %d more checks", strings.Join(checks[:fewNamed], ", "), len(checks)-fewNamed))
	} else if len(checks) > 0 {
		out = append(out, strings.Join(checks, ", "))
	}
	if u.Roles > 0 {
		out = append(out, counted(u.Roles, "role", printable(u.RoleARNs, message.RoleName)))
	}
	if n := len(u.FunctionARNs); n > 0 {
		out = append(out, counted(n, "function", printable(u.FunctionARNs, functionName)))
	}
	// A whole policy that was not read is what is missing, and so named already.
	var statements []string
	for _, s := range u.Statements {
		if name := message.Line(statementName(s)); s.Statement >= 0 && !slices.Contains(statements, name) {
			statements = append(statements, name)
		}
	}
	if n := len(statements); n > 0 {
		out = append(out, counted(n, "statement", statements))
	}
	return out
}

// counted is a number of things and the names of the first few of them.
func counted(n int, noun string, names []string) string {
	if len(names) == 0 {
		return words.Count(n, noun)
	}
	if rest := n - fewNamed; rest > 1 {
		return fmt.Sprintf("%s: %s and %d more", words.Count(n, noun), strings.Join(names[:fewNamed], ", "), rest)
	}
	return words.Count(n, noun) + ": " + words.List(names)
}

// printable are the names of things, each made fit to print.
func printable[T any](list []T, name func(T) string) []string {
	out := make([]string, len(list))
	for i, one := range list {
		out[i] = message.Line(name(one))
	}
	return out
}

// functionName is the name of a function, with its version where the ARN has one.
func functionName(arn string) string {
	f, err := aws.ParseFunctionARN(arn)
	if err != nil {
		return arn
	}
	return f.QualifiedName()
}

// statementName is a statement as findings name it, or the whole policy.
func statementName(s scan.Statement) string {
	return message.Place(check.Evidence{Policy: s.Policy, Statement: s.Statement, Sid: s.Sid})
}

// unknownDetails are all roles, functions and statements, and what settles it.
func unknownDetails(u scan.Unknown) string {
	var b strings.Builder
	for _, field := range []struct {
		name  string
		texts []string
	}{
		{"checks", u.Checks}, {"roles", printable(u.RoleARNs, func(arn string) string { return arn })},
		{"functions", printable(u.FunctionARNs, func(arn string) string { return arn })},
		{"statements", printable(u.Statements, func(s scan.Statement) string { return statementName(s) + ", of " + message.RoleName(s.RoleARN) })},
		{"settled by", slices.DeleteFunc([]string{message.Line(u.SettledBy)}, func(text string) bool { return text == "" })},
	} {
		if len(field.texts) > 0 {
			fmt.Fprintf(&b, "    %-11s %s\n", field.name, strings.Join(field.texts, "\n"+strings.Repeat(" ", 16)))
		}
	}
	return b.String()
}
