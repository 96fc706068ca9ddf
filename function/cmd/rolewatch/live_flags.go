package main

import (
	"bufio"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/spf13/cobra"
)

// liveFlags are the flags of commands that read the live account.
type liveFlags struct {
	regions []string
	profile string
}

// bind adds the flags to a command; regions says what it uses the Regions for.
func (f *liveFlags) bind(cmd *cobra.Command, regions string) {
	cmd.Flags().StringSliceVar(&f.regions, "region", nil, regions)
	cmd.Flags().StringVar(&f.profile, "profile", "", "use the credentials and the Region of the profile `NAME` in the AWS CLI's configuration files")
	run := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		// An empty variable of a script must not lead to another account.
		if cmd.Flags().Changed("profile") && f.profile == "" {
			return usagef("%s: --profile needs the name of a profile", cmd.Name())
		}
		return run(cmd, args)
	}
}

// refuse says that a flag was given to a command that reads an export instead.
func (f *liveFlags) refuse(command string) error {
	switch {
	case len(f.regions) > 0:
		return usagef("%s: --region is for the live account: an export has its own Regions", command)
	case f.profile != "":
		return usagef("%s: --profile is for the live account: an export is read without credentials", command)
	}
	return nil
}

// configuration is how the SDK finds the credentials: as the AWS CLI does, with a named profile before what the environment
// holds (https://docs.aws.amazon.com/cli/latest/userguide/cli-chap-authentication.html#cli-chap-authentication-precedence),
// and with a question for the MFA code where a profile needs one.
func (f *liveFlags) configuration(w *world) []func(*config.LoadOptions) error {
	return []func(*config.LoadOptions) error{
		config.WithSharedConfigProfile(f.profile),
		config.WithAssumeRoleCredentialOptions(func(o *stscreds.AssumeRoleOptions) {
			o.TokenProvider = func() (string, error) { return askMFACode(w, aws.ToString(o.SerialNumber)) }
		}),
	}
}

// askMFACode asks for the code of an MFA device, in the words of the AWS CLI. Results stay alone on the standard output.
func askMFACode(w *world, device string) (string, error) {
	fmt.Fprintf(w.err, "Enter MFA code for %s: ", device)
	line, err := bufio.NewReader(w.in).ReadString('\n')
	if line = strings.TrimSpace(line); line == "" && err != nil {
		return "", fmt.Errorf("read MFA code for %s: %w", device, err)
	}
	return line, nil
}
