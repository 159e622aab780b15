/** The pages that mailed links lead to, and the one that asks for one: small, and in one piece. */
export { ForgotPasswordPage } from "./forgot-password";
export { ResetPasswordPage } from "./reset-password";
export { RestoreEmailPage } from "./restore-email";
export { VerifyEmailPage } from "./verify-email";
