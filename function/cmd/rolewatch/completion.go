package main

import (
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/rolewatch/rolewatch/function/internal/catalogue"
	"github.com/rolewatch/rolewatch/function/policy/rules"
)

const aboutCompletion = `completion prints a script with which a shell completes commands, flags, values of flags, check IDs and file names.
Add the line of your shell to the file that it reads when it starts:

  bash        ~/.bashrc                    source <(rolewatch completion bash)
  zsh         ~/.zshrc, after compinit     source <(rolewatch completion zsh)
  fish        ~/.config/fish/config.fish   rolewatch completion fish | source
  powershell  $PROFILE                     rolewatch completion powershell | Out-String | Invoke-Expression

bash needs the package bash-completion.`

// shells are the shells that completion knows, in the order of the help text.
var shells = []string{"bash", "zsh", "fish", "powershell"}

func newCompletion(w *world) *cobra.Command {
	return &cobra.Command{
		Use: "completion " + strings.Join(shells, "|"), Short: "print a completion script for a shell", Long: aboutCompletion,
		DisableFlagsInUseLine: true, Args: between(1, 1), ValidArgs: shells,
		RunE: func(cmd *cobra.Command, args []string) error {
			root := cmd.Root()
			switch args[0] {
			case "bash":
				return root.GenBashCompletionV2(w.out, true)
			case "zsh":
				return root.GenZshCompletion(w.out)
			case "fish":
				return root.GenFishCompletion(w.out, true)
			case "powershell":
				return root.GenPowerShellCompletionWithDesc(w.out)
			}
			return usagef("completion: there is no script for %q: want %s", args[0], strings.Join(shells, ", "))
		},
	}
}

// flagCompletions are the completions of flags by name. A flag whose type lists its values completes those, and any other
// flag completes file names.
var flagCompletions = map[string]cobra.CompletionFunc{
	"account":      cobra.FixedCompletions(nil, cobra.ShellCompDirectiveFilterDirs),
	flagExternalID: cobra.NoFileCompletions,
	flagUnits:      cobra.NoFileCompletions,
	flagParallel:   cobra.NoFileCompletions,
	"checks":       completeCheckList,
	"dead-letters": cobra.NoFileCompletions,
	"explain":      cobra.NoFileCompletions,
	"error":        cobra.NoFileCompletions,
	"from":         cobra.NoFileCompletions,
	"home":         cobra.NoFileCompletions,
	"profile":      cobra.NoFileCompletions,
	"queue":        cobra.NoFileCompletions,
	"region":       cobra.NoFileCompletions,
	"role":         cobra.NoFileCompletions,
	"to":           cobra.FixedCompletions([]cobra.Completion{adminEnd}, cobra.ShellCompDirectiveNoFileComp),
	"settings":     cobra.FixedCompletions([]cobra.Completion{"json"}, cobra.ShellCompDirectiveFilterFileExt),
	"settle":       cobra.NoFileCompletions,
	"stack":        cobra.NoFileCompletions,
	"wait":         cobra.NoFileCompletions,
}

// argumentCompletions are the completions of arguments by command. The arguments of any other command are file names.
var argumentCompletions = map[string]cobra.CompletionFunc{
	"checks":       cobra.NoFileCompletions,
	"events":       cobra.NoFileCompletions,
	"explain":      first(1, checkIDs),
	"explain rule": first(1, ruleNumbers),
	"rules":        cobra.NoFileCompletions,
	"export":       first(1, cobra.FixedCompletions(nil, cobra.ShellCompDirectiveFilterDirs)),
	"diagnose":     cobra.NoFileCompletions,
	"doctor":       cobra.NoFileCompletions,
	"diff":         first(2, cobra.FixedCompletions(nil, cobra.ShellCompDirectiveDefault)),
	"redrive":      cobra.NoFileCompletions,
	"scan":         cobra.NoFileCompletions,
	"settings":     cobra.NoFileCompletions,
}

// addCompletions adds the completions to every command.
func addCompletions(root *cobra.Command) {
	complete := func(cmd *cobra.Command) func(*pflag.Flag) {
		return func(f *pflag.Flag) {
			completion := flagCompletions[f.Name]
			if values := strings.Split(f.Value.Type(), "|"); len(values) > 1 {
				completion = cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)
			}
			if completion != nil {
				_ = cmd.RegisterFlagCompletionFunc(f.Name, completion) // It fails for a flag that the command lacks.
			}
		}
	}
	root.PersistentFlags().VisitAll(complete(root))
	var below func(*cobra.Command)
	below = func(parent *cobra.Command) {
		for _, cmd := range parent.Commands() {
			cmd.Flags().VisitAll(complete(cmd))
			if completion := argumentCompletions[nameOf(cmd)]; completion != nil {
				cmd.ValidArgsFunction = completion
			}
			below(cmd)
		}
	}
	below(root)
}

// first completes a number of arguments, and none after them.
func first(most int, complete cobra.CompletionFunc) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, toComplete string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) >= most {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return complete(cmd, args, toComplete)
	}
}

// checkIDs completes the ID of a check, with its title as description.
func checkIDs(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	var out []cobra.Completion
	for _, c := range catalogue.Checks() {
		out = append(out, cobra.CompletionWithDesc(c.ID, c.Title))
	}
	return out, cobra.ShellCompDirectiveNoFileComp
}

// ruleNumbers completes the number of a rule, with its section as description.
func ruleNumbers(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	var out []cobra.Completion
	for _, r := range rules.All() {
		out = append(out, cobra.CompletionWithDesc(strconv.Itoa(r.Number), string(r.Section)))
	}
	return out, cobra.ShellCompDirectiveNoFileComp
}

// completeCheckList completes the last ID of a list with commas.
func completeCheckList(cmd *cobra.Command, args []string, toComplete string) ([]cobra.Completion, cobra.ShellCompDirective) {
	before := toComplete[:strings.LastIndexByte(toComplete, ',')+1]
	ids, directive := checkIDs(cmd, args, toComplete)
	for i := range ids {
		ids[i] = before + ids[i]
	}
	return ids, directive | cobra.ShellCompDirectiveNoSpace
}
